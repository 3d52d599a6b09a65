import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { nullableColumn } from './nullable-column.ts'
import { columns, sql } from './sql.ts'

/** The newest token of a family: what one login still gives a client. */
export const UserRefreshTokenRow = Type.Object({
  family_id: Type.String(),
  client_id: Type.String(),
  user_id: Type.String(),
  scope: Type.String(),
  audience: nullableColumn(Type.String()),
  rotating: Type.Boolean(),
  issued_at: Type.Number(),
  family_issued_at: Type.Number(),
  expires_at: Type.Number(),
  generation: Type.Number(),
})
export type UserRefreshTokenRow = Static<typeof UserRefreshTokenRow>

/** Tokens that a user can still exchange, in the order of their logins. */
export const listRefreshTokensOfUser = (
  db: Db,
  tenantId: string,
  page: {
    userId: string
    now: number
    after: readonly [familyIssuedAt: number, familyId: string] | undefined
    limit: number
  },
) =>
  db.rows(
    UserRefreshTokenRow,
    sql`
    select ${columns(UserRefreshTokenRow)} from refresh_tokens
     where tenant_id = ${tenantId} and user_id = ${page.userId} and consumed_at is null
       and expires_at > ${page.now} and not user_deleted
       and (${page.after === undefined}::boolean or (family_issued_at, family_id)
            > (${page.after?.[0] ?? 0}::bigint, ${page.after?.[1] ?? ''}::text))
     order by family_issued_at, family_id limit ${page.limit}`,
  )

/**
 * Deletes every token of a user, in one order so that two of it never wait for each other. One that is
 * being made meanwhile is seen by the next call: call it until it deletes nothing.
 */
export const deleteRefreshTokensOfUser = (db: Db, tenantId: string, userId: string) =>
  db.run(sql`
    with doomed as materialized (
      select tenant_id, token_hash from refresh_tokens
       where tenant_id = ${tenantId} and user_id = ${userId} order by token_hash for update)
    delete from refresh_tokens using doomed
     where refresh_tokens.tenant_id = doomed.tenant_id
       and refresh_tokens.token_hash = doomed.token_hash`)
