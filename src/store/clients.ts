import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

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
