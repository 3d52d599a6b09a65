import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, join, json, type Query, sql } from './sql.ts'

/** A row of `clients`. `document` holds every member of the wire object that has no column. */
export const ClientRow = Type.Object({
  tenant_id: Type.String(),
  client_id: Type.String(),
  name: Type.String(),
  is_global: Type.Boolean(),
  is_first_party: Type.Boolean(),
  app_type: Type.Union([Type.String(), Type.Null()]),
  sealed_secret: Type.Unsafe<Uint8Array>({}),
  document: Type.Record(Type.String(), Type.Unknown()),
  created_at: Type.Number(),
  updated_at: Type.Number(),
})
export type ClientRow = Static<typeof ClientRow>

export const findClient = (db: Db, tenantId: string, clientId: string) =>
  db.first(
    ClientRow,
    sql`
    select ${columns(ClientRow)} from clients
     where tenant_id = ${tenantId} and client_id = ${clientId}`,
  )

/** Locks a client for a change that is computed from what it holds. Inside a transaction. */
export const lockClient = (tx: Db, tenantId: string, clientId: string) =>
  tx.first(
    ClientRow,
    sql`
    select ${columns(ClientRow)} from clients
     where tenant_id = ${tenantId} and client_id = ${clientId} for update`,
  )

export const insertClient = (db: Db, client: ClientRow) =>
  db.run(sql`
    insert into clients (${columns(ClientRow)})
    values (${client.tenant_id}, ${client.client_id}, ${client.name}, ${client.is_global},
            ${client.is_first_party}, ${client.app_type}, ${client.sealed_secret},
            ${json(client.document)}, ${client.created_at}, ${client.updated_at})`)

export const updateClient = (tx: Db, client: ClientRow) =>
  tx.run(sql`
    update clients
       set name = ${client.name}, is_first_party = ${client.is_first_party},
           app_type = ${client.app_type}, sealed_secret = ${client.sealed_secret},
           document = ${json(client.document)}, updated_at = ${client.updated_at}
     where tenant_id = ${client.tenant_id} and client_id = ${client.client_id}`)

/** Removes a client with its grants and its places in connections, but never the global one. */
export const deleteClient = (db: Db, tenantId: string, clientId: string) =>
  db.run(sql`
    delete from clients
     where tenant_id = ${tenantId} and client_id = ${clientId} and not is_global`)

/** What a list of clients may be narrowed to. */
export type ClientFilter = {
  isGlobal?: boolean | undefined
  isFirstParty?: boolean | undefined
  /** Any of these. */
  appTypes?: readonly string[] | undefined
}

const matching = (tenantId: string, filter: ClientFilter): Query =>
  join(
    [
      sql`tenant_id = ${tenantId}`,
      ...(filter.isGlobal === undefined ? [] : [sql`is_global = ${filter.isGlobal}`]),
      ...(filter.isFirstParty === undefined ? [] : [sql`is_first_party = ${filter.isFirstParty}`]),
      ...(filter.appTypes === undefined ? [] : [sql`app_type = any(${filter.appTypes}::text[])`]),
    ],
    ' and ',
  )

/** Oldest first. `after` is the time and the id of the last client of the former page. */
export const listClients = (
  db: Db,
  tenantId: string,
  filter: ClientFilter,
  page: { limit: number; offset: number; after?: readonly [createdAt: number, id: string] },
) =>
  db.rows(
    ClientRow,
    sql`
    select ${columns(ClientRow)} from clients
     where ${matching(tenantId, filter)} ${
       page.after === undefined
         ? sql``
         : sql`and (created_at, client_id) > (${page.after[0]}::bigint, ${page.after[1]}::text)`
     }
     order by created_at, client_id limit ${page.limit} offset ${page.offset}`,
  )

const CountRow = Type.Object({ count: Type.Number() })

export async function countClients(
  db: Db,
  tenantId: string,
  filter: ClientFilter,
): Promise<number> {
  const row = await db.first(
    CountRow,
    sql`select count(*) as count from clients where ${matching(tenantId, filter)}`,
  )
  return row?.count ?? 0
}

const ClientIdRow = Type.Object({ client_id: Type.String() })

/** Those of the ids that belong to clients of the tenant. */
export const listExistingClientIds = (db: Db, tenantId: string, clientIds: readonly string[]) =>
  db.rows(
    ClientIdRow,
    sql`
    select client_id from clients
     where tenant_id = ${tenantId} and client_id = any(${clientIds}::text[])`,
  )
