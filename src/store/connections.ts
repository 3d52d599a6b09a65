import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, json, sql } from './sql.ts'

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

export const findConnection = (db: Db, tenantId: string, id: string) =>
  db.first(
    ConnectionRow,
    sql`
    select ${columns(ConnectionRow)} from connections where tenant_id = ${tenantId} and id = ${id}`,
  )

/** Locks a connection for a change that is computed from what it holds. Inside a transaction. */
export const lockConnection = (tx: Db, tenantId: string, id: string) =>
  tx.first(
    ConnectionRow,
    sql`
    select ${columns(ConnectionRow)} from connections
     where tenant_id = ${tenantId} and id = ${id} for update`,
  )

export const insertConnection = (db: Db, connection: ConnectionRow) =>
  db.run(sql`
    insert into connections (${columns(ConnectionRow)})
    values (${connection.tenant_id}, ${connection.id}, ${connection.name}, ${connection.strategy},
            ${connection.sealed_options}, ${json(connection.document)}, ${connection.created_at})`)

export const updateConnection = (tx: Db, connection: ConnectionRow) =>
  tx.run(sql`
    update connections
       set sealed_options = ${connection.sealed_options}, document = ${json(connection.document)}
     where tenant_id = ${connection.tenant_id} and id = ${connection.id}`)

export const deleteConnection = (tx: Db, tenantId: string, id: string) =>
  tx.run(sql`delete from connections where tenant_id = ${tenantId} and id = ${id}`)
