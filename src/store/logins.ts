import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { nullableColumn } from './nullable-column.ts'
import { columns, json, sql } from './sql.ts'

const Members = Type.Record(Type.String(), Type.Unknown())

/** A row of `logins`: a login on the pages, from the request of the application to its answer. */
export const LoginRow = Type.Object({
  tenant_id: Type.String(),
  state_hash: Type.Unsafe<Uint8Array>({}),
  browser_hash: Type.Unsafe<Uint8Array>({}),
  client_id: Type.String(),
  request: Members,
  user_id: nullableColumn(Type.String()),
  connection: nullableColumn(Type.String()),
  steps: Members,
  created_at: Type.Number(),
  expires_at: Type.Number(),
})
export type LoginRow = Static<typeof LoginRow>

export const insertLogin = (db: Db, row: LoginRow) =>
  db.run(sql`
    insert into logins (${columns(LoginRow)})
    values (${row.tenant_id}, ${row.state_hash}, ${row.browser_hash}, ${row.client_id},
            ${json(row.request)}, ${row.user_id}, ${row.connection}, ${json(row.steps)},
            ${row.created_at}, ${row.expires_at})`)

/** A login that has not expired, for the browser that began it. */
export const findLogin = (
  db: Db,
  tenantId: string,
  login: { stateHash: Uint8Array; browserHash: Uint8Array; now: number },
) =>
  db.first(
    LoginRow,
    sql`
    select ${columns(LoginRow)} from logins
     where tenant_id = ${tenantId} and state_hash = ${login.stateHash}
       and browser_hash = ${login.browserHash} and expires_at > ${login.now}`,
  )

/** Lays members over what the screens of a login remember. */
export const mergeLoginSteps = (
  db: Db,
  tenantId: string,
  login: { stateHash: Uint8Array; steps: Readonly<Record<string, unknown>> },
) =>
  db.run(sql`
    update logins set steps = steps || ${json(login.steps)}::jsonb
     where tenant_id = ${tenantId} and state_hash = ${login.stateHash}`)

/** Tells a login who the person is. */
export const setLoginPerson = (
  db: Db,
  tenantId: string,
  login: { stateHash: Uint8Array; userId: string; connection: string },
) =>
  db.run(sql`
    update logins set user_id = ${login.userId}, connection = ${login.connection}
     where tenant_id = ${tenantId} and state_hash = ${login.stateHash}`)

export const deleteExpiredLogins = (db: Db, before: number, take: number) =>
  db.run(sql`
    delete from logins where (tenant_id, state_hash) in (
      select tenant_id, state_hash from logins where expires_at < ${before} limit ${take})`)
