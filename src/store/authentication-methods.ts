import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { nullableColumn } from './nullable-column.ts'
import { columns, json, sql } from './sql.ts'

const Bytes = Type.Unsafe<Uint8Array>({})

/** A row of `authentication_methods`: one device of a person, or a recovery code. */
export const AuthenticationMethodRow = Type.Object({
  tenant_id: Type.String(),
  /** `dev_` and 16 letters and digits. */
  id: Type.String(),
  user_id: Type.String(),
  type: Type.String(),
  confirmed: Type.Boolean(),
  name: nullableColumn(Type.String()),
  phone_number: nullableColumn(Type.String()),
  email: nullableColumn(Type.String()),
  preferred: nullableColumn(Type.String()),
  channels: Type.Array(Type.String()),
  sealed_secret: nullableColumn(Bytes),
  secret_hash: nullableColumn(Bytes),
  last_step: nullableColumn(Type.Number()),
  document: Type.Record(Type.String(), Type.Unknown()),
  created_at: Type.Number(),
  enrolled_at: nullableColumn(Type.Number()),
  last_auth_at: nullableColumn(Type.Number()),
})
export type AuthenticationMethodRow = Static<typeof AuthenticationMethodRow>

/** Everything that a user has, oldest first. */
export const listAuthenticationMethods = (db: Db, tenantId: string, userId: string) =>
  db.rows(
    AuthenticationMethodRow,
    sql`
    select ${columns(AuthenticationMethodRow)} from authentication_methods
     where tenant_id = ${tenantId} and user_id = ${userId} order by created_at, id`,
  )

const OwnerRow = Type.Object({ user_id: Type.String() })

/** Which of these users have confirmed a second factor. */
export const listUsersWithFactor = (db: Db, tenantId: string, userIds: readonly string[]) =>
  db.rows(
    OwnerRow,
    sql`
    select distinct user_id from authentication_methods
     where tenant_id = ${tenantId} and user_id = any(${userIds}::text[]) and confirmed
       and type not in ('recovery-code', 'passkey')`,
  )

/** A device by its own id, whoever has it. */
export const findAuthenticationMethod = (db: Db, tenantId: string, id: string) =>
  db.first(
    AuthenticationMethodRow,
    sql`
    select ${columns(AuthenticationMethodRow)} from authentication_methods
     where tenant_id = ${tenantId} and id = ${id}`,
  )

/** @throws the driver's unique violation when the user has the number, address or recovery code already */
export const insertAuthenticationMethod = (db: Db, row: AuthenticationMethodRow) =>
  db.run(sql`
    insert into authentication_methods (${columns(AuthenticationMethodRow)})
    values (${row.tenant_id}, ${row.id}, ${row.user_id}, ${row.type}, ${row.confirmed}, ${row.name},
            ${row.phone_number}, ${row.email}, ${row.preferred}, ${row.channels}::text[],
            ${row.sealed_secret}, ${row.secret_hash}, ${row.last_step}, ${json(row.document)},
            ${row.created_at}, ${row.enrolled_at}, ${row.last_auth_at})`)

/** Writes what an administrator may change; undefined when the user has no such device. */
export const updateAuthenticationMethod = (
  db: Db,
  tenantId: string,
  userId: string,
  id: string,
  change: { name: string | undefined; preferred: string | undefined },
) =>
  db.first(
    AuthenticationMethodRow,
    sql`
    update authentication_methods
       set name = coalesce(${change.name ?? null}::text, name),
           preferred = coalesce(${change.preferred ?? null}::text, preferred),
           channels = case when ${change.preferred ?? null}::text = any(channels)
                             or ${change.preferred ?? null}::text is null then channels
                           else channels || ${change.preferred ?? null}::text end
     where tenant_id = ${tenantId} and user_id = ${userId} and id = ${id}
    returning ${columns(AuthenticationMethodRow)}`,
  )

/** Removes one device; undefined when the user has no such one. */
export const deleteAuthenticationMethod = (db: Db, tenantId: string, userId: string, id: string) =>
  db.first(
    AuthenticationMethodRow,
    sql`
    delete from authentication_methods
     where tenant_id = ${tenantId} and user_id = ${userId} and id = ${id}
    returning ${columns(AuthenticationMethodRow)}`,
  )

/** Removes all that a user has of these types, or all; tells what it was. */
export const deleteAuthenticationMethods = (
  db: Db,
  tenantId: string,
  userId: string,
  types?: readonly string[],
) =>
  db.rows(
    AuthenticationMethodRow,
    sql`
    delete from authentication_methods
     where tenant_id = ${tenantId} and user_id = ${userId}
       and (${types === undefined}::boolean or type = any(${types ?? []}::text[]))
    returning ${columns(AuthenticationMethodRow)}`,
  )

/** Adds a recovery code that is not good yet; 0 when somebody was quicker: a person has one. */
export const insertRecoveryCode = (
  db: Db,
  code: { tenantId: string; id: string; userId: string; hash: Uint8Array; now: number },
) =>
  db.run(sql`
    insert into authentication_methods (tenant_id, id, user_id, type, confirmed, secret_hash, created_at)
    values (${code.tenantId}, ${code.id}, ${code.userId}, 'recovery-code', false, ${code.hash},
            ${code.now})
    on conflict do nothing`)

/** Replaces the recovery code; 0 when the user has none. */
export const replaceRecoveryCode = (
  db: Db,
  tenantId: string,
  userId: string,
  code: { hash: Uint8Array; now: number },
) =>
  db.run(sql`
    update authentication_methods set secret_hash = ${code.hash}, created_at = ${code.now}
     where tenant_id = ${tenantId} and user_id = ${userId} and type = 'recovery-code'`)

/** Forgets enrolments of these types that were never confirmed. */
export const deletePendingMethods = (
  db: Db,
  tenantId: string,
  userId: string,
  types: readonly string[],
) =>
  db.run(sql`
    delete from authentication_methods
     where tenant_id = ${tenantId} and user_id = ${userId} and not confirmed
       and type = any(${types}::text[])`)
