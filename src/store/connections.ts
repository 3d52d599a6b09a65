import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

/** A row of `connections`. The options are sealed whole: legacy ones hold carrier secrets. */
export const ConnectionRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  name: Type.String(),
  strategy: Type.String(),
  sealed_options: Type.Unsafe<Uint8Array>({}),
  document: Type.Record(Type.String(), Type.Unknown()),
  created_at: Type.Number(),
})
export type ConnectionRow = Static<typeof ConnectionRow>

/** All connections of a tenant, oldest first: a tenant has few, and they are cached with its settings. */
export const listAllConnections = (db: Db, tenantId: string) =>
  db.rows(
    ConnectionRow,
    sql`
    select ${columns(ConnectionRow)} from connections
     where tenant_id = ${tenantId} order by created_at, id`,
  )

const ConnectionClientRow = Type.Object({
  connection_id: Type.String(),
  client_id: Type.String(),
})

/** Whether a connection is enabled for a client: the rows of one client, by connection id. */
export const listConnectionIdsOfClient = (db: Db, tenantId: string, clientId: string) =>
  db.rows(
    ConnectionClientRow,
    sql`
    select ${columns(ConnectionClientRow)} from connection_clients
     where tenant_id = ${tenantId} and client_id = ${clientId}`,
  )
