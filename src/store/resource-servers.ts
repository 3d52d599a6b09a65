import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

/** A row of `resource_servers` (APIs). */
export const ResourceServerRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  identifier: Type.String(),
  is_system: Type.Boolean(),
  sealed_signing_secret: Type.Union([Type.Unsafe<Uint8Array>({}), Type.Null()]),
  document: Type.Record(Type.String(), Type.Unknown()),
  created_at: Type.Number(),
})
export type ResourceServerRow = Static<typeof ResourceServerRow>

export const findResourceServerByIdentifier = (db: Db, tenantId: string, identifier: string) =>
  db.first(
    ResourceServerRow,
    sql`
    select ${columns(ResourceServerRow)} from resource_servers
     where tenant_id = ${tenantId} and identifier = ${identifier}`,
  )
