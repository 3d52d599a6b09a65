import { type Static, Type } from 'typebox'
import type { RefreshTokenToStore } from './challenges.ts'
import type { Db } from './db.ts'
import { nullableColumn } from './nullable-column.ts'
import { columns, json, sql } from './sql.ts'
import type { TenantLogRow } from './tenant-logs.ts'
import { UserRow } from './users.ts'

/** A row of `user_passwords`; the hash goes no further than to the comparison. */
export const UserPasswordRow = Type.Object({
  password_hash: Type.String(),
  changed_at: Type.Number(),
  former: Type.Array(Type.String()),
})
export type UserPasswordRow = Static<typeof UserPasswordRow>

const CandidateRow = Type.Intersect([
  UserRow,
  Type.Object({
    /** Null for a person without a password. */
    password_hash: nullableColumn(Type.String()),
    changed_at: nullableColumn(Type.Number()),
  }),
])
/** A person who may be meant by what somebody calls itself, with its hash. */
export type LoginCandidate = Static<typeof CandidateRow>

/** What somebody calls itself, as each of the attributes; null where it cannot be that. */
export type LoginNames = {
  email: string | null
  phone_number: string | null
  username: string | null
}

/** The people of a connection who have one of the names: at most one for each unique attribute. */
export const findLoginCandidates = (
  db: Db,
  tenantId: string,
  connection: string,
  names: LoginNames,
) =>
  db.rows(
    CandidateRow,
    sql`
    select ${columns(UserRow, 'users')}, password.password_hash, password.changed_at
      from users left join user_passwords as password using (tenant_id, user_id)
     where tenant_id = ${tenantId} and connection = ${connection}
       and (email = ${names.email} or phone_number = ${names.phone_number}
            or username = ${names.username})
     order by created_at, user_id limit 10`,
  )

export const findUserPassword = (db: Db, tenantId: string, userId: string) =>
  db.first(
    UserPasswordRow,
    sql`
    select ${columns(UserPasswordRow)} from user_passwords
     where tenant_id = ${tenantId} and user_id = ${userId}`,
  )

/** Gives a person a password in place of the one that it had. */
export const putUserPassword = (
  db: Db,
  tenantId: string,
  userId: string,
  password: { hash: string; now: number; former: readonly string[] },
) =>
  db.run(sql`
    insert into user_passwords (tenant_id, user_id, password_hash, changed_at, former)
    values (${tenantId}, ${userId}, ${password.hash}, ${password.now}, ${password.former}::text[])
    on conflict (tenant_id, user_id) do update
       set password_hash = excluded.password_hash, changed_at = excluded.changed_at,
           former = excluded.former`)

/**
 * Ends what the former password of a person has begun: sessions of browsers, codes that nobody has
 * exchanged, grants that wait for a second factor.
 */
export const endLoginsOfUser = (tx: Db, tenantId: string, userId: string) =>
  tx.run(sql`
    with records as (
      delete from oidc_records
       where tenant_id = ${tenantId} and user_id = ${userId}
         and model in ('Session', 'AuthorizationCode'))
    delete from mfa_transactions where tenant_id = ${tenantId} and user_id = ${userId}`)

/** Says that the address of a person may be nobody else's in the connection. */
export const keepEmailUnique = (tx: Db, tenantId: string, userId: string) =>
  tx.run(sql`
    update users set email_unique = true where tenant_id = ${tenantId} and user_id = ${userId}`)

/**
 * Signs a person in whose password was right, in one statement: counts the login, stores the refresh
 * token, writes the log. Undefined when the person was blocked or deleted, or the password changed, since
 * it was compared.
 */
export const signInByPassword = (
  db: Db,
  login: {
    tenantId: string
    userId: string
    /** When the password that was compared was set. */
    changedAt: number
    now: number
    ip: string
    /** Null when the client gets none. */
    refreshToken: RefreshTokenToStore | null
    logs: readonly TenantLogRow[]
  },
) => {
  const { refreshToken: token } = login
  return db.first(
    UserRow,
    sql`
    with person as (
      update users
         set logins_count = logins_count + 1, last_login = ${login.now}, last_ip = ${login.ip},
             updated_at = ${login.now}
       where tenant_id = ${login.tenantId} and user_id = ${login.userId} and blocked is not true
         and exists (select from user_passwords as password
                      where password.tenant_id = users.tenant_id
                        and password.user_id = users.user_id
                        and password.changed_at = ${login.changedAt})
      returning ${columns(UserRow)}
    ), token as (
      insert into refresh_tokens (tenant_id, token_hash, family_id, client_id, user_id, connection,
                                  scope, audience, rotating, issued_at, family_issued_at, expires_at)
      select tenant_id, ${token?.token_hash ?? null}::bytea, ${token?.family_id ?? null}::text,
             ${token?.client_id ?? null}::text, user_id, connection, ${token?.scope ?? null}::text,
             ${token?.audience ?? null}::text, ${token?.rotating ?? null}::boolean,
             ${login.now}::bigint, ${login.now}::bigint, ${token?.expires_at ?? null}::bigint
        from person where ${token !== null}::boolean
    ), log as (
      insert into tenant_logs (tenant_id, log_id, type, date, client_id, user_id, entry)
      select log.tenant_id, log.log_id, log.type, log.date, log.client_id, log.user_id, log.entry
        from jsonb_to_recordset(${json(login.logs)}) as log (tenant_id text, log_id text, type text,
               date bigint, client_id text, user_id text, entry jsonb)
       where exists (select from person)
    )
    select ${columns(UserRow)} from person`,
  )
}

const SpentBucketRow = Type.Object({ key: Type.String() })

/** The buckets of wrong passwords that begin so and have nothing left. */
export const listSpentPasswordBuckets = (
  db: Db,
  tenantId: string,
  spent: { prefix: string; budget: number; now: number },
) =>
  db.rows(
    SpentBucketRow,
    sql`
    select key from limit_buckets
     where tenant_id = ${tenantId} and key like 'password:%'
       and key ~>=~ ${spent.prefix}::text and key ~<~ ${`${spent.prefix}\x7f`}::text
       and greatest(0, full_at - ${spent.now}::float8) / window_ms * ${spent.budget}::int
           > ${spent.budget}::int - 1 + 0.001
     order by key limit 1000`,
  )
