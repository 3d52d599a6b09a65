import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, join, json, type Query, sql } from './sql.ts'

const NullableString = Type.Union([Type.String(), Type.Null()])
const Members = Type.Record(Type.String(), Type.Unknown())

/** A row of `users`. `profile` holds the members of the wire object that have no column. */
export const UserRow = Type.Object({
  tenant_id: Type.String(),
  user_id: Type.String(),
  connection: Type.String(),
  phone_number: NullableString,
  email: NullableString,
  username: NullableString,
  phone_verified: Type.Union([Type.Boolean(), Type.Null()]),
  blocked: Type.Union([Type.Boolean(), Type.Null()]),
  profile: Members,
  user_metadata: Type.Union([Members, Type.Null()]),
  app_metadata: Type.Union([Members, Type.Null()]),
  logins_count: Type.Number(),
  last_login: Type.Union([Type.Number(), Type.Null()]),
  last_ip: NullableString,
  created_at: Type.Number(),
  updated_at: Type.Number(),
})
export type UserRow = Static<typeof UserRow>

export const findUser = (db: Db, tenantId: string, userId: string) =>
  db.first(
    UserRow,
    sql`
    select ${columns(UserRow)} from users where tenant_id = ${tenantId} and user_id = ${userId}`,
  )

const UserIdRow = Type.Object({ user_id: Type.String() })

/** The user of a number in a connection. */
export const findUserIdByPhone = (
  db: Db,
  tenantId: string,
  connection: string,
  phoneNumber: string,
) =>
  db.first(
    UserIdRow,
    sql`
    select user_id from users
     where tenant_id = ${tenantId} and connection = ${connection} and phone_number = ${phoneNumber}`,
  )

/** Locks a user for a change that is computed from what the row holds. Inside a transaction. */
export const lockUser = (tx: Db, tenantId: string, userId: string) =>
  tx.first(
    UserRow,
    sql`
    select ${columns(UserRow)} from users
     where tenant_id = ${tenantId} and user_id = ${userId} for update`,
  )

/** Adds a user; undefined when its id, or its number in the connection, is taken. */
export const insertUser = (db: Db, user: UserRow) =>
  db.first(
    UserRow,
    sql`
    insert into users (${columns(UserRow)})
    values (${user.tenant_id}, ${user.user_id}, ${user.connection}, ${user.phone_number},
            ${user.email}, ${user.username}, ${user.phone_verified}, ${user.blocked},
            ${json(user.profile)}, ${jsonOrNull(user.user_metadata)},
            ${jsonOrNull(user.app_metadata)}, ${user.logins_count}, ${user.last_login},
            ${user.last_ip}, ${user.created_at}, ${user.updated_at})
    on conflict do nothing
    returning ${columns(UserRow)}`,
  )

/**
 * Writes what the Management API may change; the row is locked before.
 *
 * @throws the driver's unique violation when the number is taken in the connection
 */
export const updateUser = (tx: Db, user: UserRow) =>
  tx.run(sql`
    update users
       set phone_number = ${user.phone_number}, email = ${user.email}, username = ${user.username},
           phone_verified = ${user.phone_verified}, blocked = ${user.blocked},
           profile = ${json(user.profile)}, user_metadata = ${jsonOrNull(user.user_metadata)},
           app_metadata = ${jsonOrNull(user.app_metadata)}, updated_at = ${user.updated_at}
     where tenant_id = ${user.tenant_id} and user_id = ${user.user_id}`)

/** Removes a user, which ends its refresh tokens (a trigger); undefined when there is no such user. */
export const deleteUser = (db: Db, tenantId: string, userId: string) =>
  db.first(
    UserRow,
    sql`
    delete from users where tenant_id = ${tenantId} and user_id = ${userId}
    returning ${columns(UserRow)}`,
  )

const CountRow = Type.Object({ count: Type.Number() })

/** Removes up to `limit` users of a connection, which ends their refresh tokens; tells how many. */
export const deleteSomeUsersOfConnection = (
  db: Db,
  tenantId: string,
  connection: string,
  limit: number,
) =>
  db.run(sql`
    delete from users
     where tenant_id = ${tenantId} and user_id in (
       select user_id from users
        where tenant_id = ${tenantId} and connection = ${connection}
        order by phone_number limit ${limit} for update)`)

/** By what a list of users may be sorted: columns whose order an index holds. */
export const userSortColumns = ['created_at', 'user_id', 'phone_number'] as const

/** One page of the users that match. */
export const listUsers = (
  db: Db,
  tenantId: string,
  page: {
    where: readonly Query[]
    sort: { column: (typeof userSortColumns)[number]; descending: boolean }
    limit: number
    offset: number
  },
) =>
  db.rows(
    UserRow,
    sql`
    select ${columns(UserRow)} from users
     where ${join([sql`tenant_id = ${tenantId}`, ...page.where], ' and ')}
     order by ${orders[page.sort.column][page.sort.descending ? 1 : 0]}
     limit ${page.limit} offset ${page.offset}`,
  )

/** A tie on the time falls back to the id, so pages neither repeat nor skip a row. */
const orders: Record<(typeof userSortColumns)[number], readonly [Query, Query]> = {
  created_at: [sql`created_at, user_id`, sql`created_at desc, user_id desc`],
  user_id: [sql`user_id`, sql`user_id desc`],
  phone_number: [sql`phone_number`, sql`phone_number desc`],
}

/** How many users a tenant has, from the counters that a trigger keeps: at most 64 rows. */
export async function countAllUsers(db: Db, tenantId: string): Promise<number> {
  const row = await db.first(
    CountRow,
    sql`
    select coalesce(sum(users), 0)::bigint as count from user_counts where tenant_id = ${tenantId}`,
  )
  return row?.count ?? 0
}

/** How many users match, counted no further than `most`. */
export async function countUsers(
  db: Db,
  tenantId: string,
  where: readonly Query[],
  most: number,
): Promise<number> {
  const row = await db.first(
    CountRow,
    sql`
    select count(*) as count from (
      select from users where ${join([sql`tenant_id = ${tenantId}`, ...where], ' and ')} limit ${most}
    ) as matching`,
  )
  return row?.count ?? 0
}

/** The users with this address, which is stored in lower case; oldest first. */
export const listUsersByEmail = (db: Db, tenantId: string, email: string) =>
  db.rows(
    UserRow,
    sql`
    select ${columns(UserRow)} from users
     where tenant_id = ${tenantId} and email = ${email} order by created_at, user_id limit 100`,
  )

const jsonOrNull = (value: Readonly<Record<string, unknown>> | null): string | null =>
  value === null ? null : json(value)
