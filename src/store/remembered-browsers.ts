import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

/** A row of `remembered_browsers`. */
export const RememberedBrowserRow = Type.Object({
  tenant_id: Type.String(),
  token_hash: Type.Unsafe<Uint8Array>({}),
  user_id: Type.String(),
  created_at: Type.Number(),
  expires_at: Type.Number(),
})
export type RememberedBrowserRow = Static<typeof RememberedBrowserRow>

export const insertRememberedBrowser = (db: Db, row: RememberedBrowserRow) =>
  db.run(sql`
    insert into remembered_browsers (${columns(RememberedBrowserRow)})
    values (${row.tenant_id}, ${row.token_hash}, ${row.user_id}, ${row.created_at},
            ${row.expires_at})`)

/** Undefined for a browser that is not remembered for this user, or no longer. */
export const findRememberedBrowser = (
  db: Db,
  tenantId: string,
  browser: { tokenHash: Uint8Array; userId: string; now: number },
) =>
  db.first(
    RememberedBrowserRow,
    sql`
    select ${columns(RememberedBrowserRow)} from remembered_browsers
     where tenant_id = ${tenantId} and token_hash = ${browser.tokenHash}
       and user_id = ${browser.userId} and expires_at > ${browser.now}`,
  )

/** Forgets every browser of a user. */
export const deleteRememberedBrowsers = (db: Db, tenantId: string, userId: string) =>
  db.run(sql`
    delete from remembered_browsers where tenant_id = ${tenantId} and user_id = ${userId}`)

export const deleteExpiredRememberedBrowsers = (db: Db, before: number, take: number) =>
  db.run(sql`
    delete from remembered_browsers where (tenant_id, token_hash) in (
      select tenant_id, token_hash from remembered_browsers where expires_at < ${before}
       limit ${take})`)
