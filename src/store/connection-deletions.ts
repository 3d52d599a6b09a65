import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

/** A row of `connection_deletions`: users of this connection are still being removed. */
export const ConnectionDeletionRow = Type.Object({
  tenant_id: Type.String(),
  name: Type.String(),
  deleted_at: Type.Number(),
})
export type ConnectionDeletionRow = Static<typeof ConnectionDeletionRow>

export const insertConnectionDeletion = (tx: Db, row: ConnectionDeletionRow) =>
  tx.run(sql`
    insert into connection_deletions (${columns(ConnectionDeletionRow)})
    values (${row.tenant_id}, ${row.name}, ${row.deleted_at}) on conflict do nothing`)

export const findConnectionDeletion = (db: Db, tenantId: string, name: string) =>
  db.first(
    ConnectionDeletionRow,
    sql`
    select ${columns(ConnectionDeletionRow)} from connection_deletions
     where tenant_id = ${tenantId} and name = ${name}`,
  )

/** Of all tenants, oldest first: what a node that died has left to do. */
export const listConnectionDeletions = (db: Db) =>
  db.rows(
    ConnectionDeletionRow,
    sql`select ${columns(ConnectionDeletionRow)} from connection_deletions order by deleted_at`,
  )

export const removeConnectionDeletion = (db: Db, tenantId: string, name: string) =>
  db.run(sql`delete from connection_deletions where tenant_id = ${tenantId} and name = ${name}`)
