import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

/** A row of `connection_clients`: the client may use the connection. */
export const EnabledClientRow = Type.Object({
  connection_id: Type.String(),
  client_id: Type.String(),
  position: Type.Number(),
})
export type EnabledClientRow = Static<typeof EnabledClientRow>

/** The clients of some connections, each connection's in the order in which the caller named them. */
export const listEnabledClients = (db: Db, tenantId: string, connectionIds: readonly string[]) =>
  db.rows(
    EnabledClientRow,
    sql`
    select ${columns(EnabledClientRow)} from connection_clients
     where tenant_id = ${tenantId} and connection_id = any(${connectionIds}::text[])
     order by connection_id, position, client_id`,
  )

/** One page of a connection's clients. `after` is the place and the id of the last one before it. */
export const listEnabledClientsPage = (
  db: Db,
  tenantId: string,
  connectionId: string,
  page: { limit: number; after?: readonly [position: number, clientId: string] },
) =>
  db.rows(
    EnabledClientRow,
    sql`
    select ${columns(EnabledClientRow)} from connection_clients
     where tenant_id = ${tenantId} and connection_id = ${connectionId} ${
       page.after === undefined
         ? sql``
         : sql`and (position, client_id) > (${page.after[0]}::bigint, ${page.after[1]}::text)`
     }
     order by position, client_id limit ${page.limit}`,
  )

/**
 * Enables clients for a connection, in their order and behind those that are enabled already, which
 * keep their place.
 */
export const enableClients = (
  db: Db,
  tenantId: string,
  connectionId: string,
  clientIds: readonly string[],
) =>
  db.run(sql`
    insert into connection_clients (tenant_id, connection_id, client_id, position)
    select ${tenantId}, ${connectionId}, client_id, place + (
             select coalesce(max(position), 0) from connection_clients
              where tenant_id = ${tenantId} and connection_id = ${connectionId})
      from unnest(${clientIds}::text[]) with ordinality as named (client_id, place)
    on conflict do nothing`)

/** Enables a client for every connection of its tenant. */
export const enableOnAllConnections = (db: Db, tenantId: string, clientId: string) =>
  db.run(sql`
    insert into connection_clients (tenant_id, connection_id, client_id, position)
    select tenant_id, id, ${clientId}, 1 + (
             select coalesce(max(position), 0) from connection_clients as enabled
              where enabled.tenant_id = connections.tenant_id
                and enabled.connection_id = connections.id)
      from connections where tenant_id = ${tenantId}
    on conflict do nothing`)

export const disableClients = (
  db: Db,
  tenantId: string,
  connectionId: string,
  clientIds: readonly string[],
) =>
  db.run(sql`
    delete from connection_clients
     where tenant_id = ${tenantId} and connection_id = ${connectionId}
       and client_id = any(${clientIds}::text[])`)

export const disableAllClients = (tx: Db, tenantId: string, connectionId: string) =>
  tx.run(sql`
    delete from connection_clients
     where tenant_id = ${tenantId} and connection_id = ${connectionId}`)
