import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, json, sql } from './sql.ts'

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

/** The API with this id or, where none has it, with this identifier. */
export const findResourceServer = (db: Db, tenantId: string, idOrIdentifier: string) =>
  db.first(
    ResourceServerRow,
    sql`
    select ${columns(ResourceServerRow)} from resource_servers
     where tenant_id = ${tenantId} and (id = ${idOrIdentifier} or identifier = ${idOrIdentifier})
     order by (id = ${idOrIdentifier}) desc limit 1`,
  )

/** Locks an API for a change that is computed from what it holds. Inside a transaction. */
export const lockResourceServer = (tx: Db, tenantId: string, id: string) =>
  tx.first(
    ResourceServerRow,
    sql`
    select ${columns(ResourceServerRow)} from resource_servers
     where tenant_id = ${tenantId} and id = ${id} for update`,
  )

/** Adds an API; 0 when another one has the identifier. */
export const insertResourceServer = (db: Db, api: ResourceServerRow) =>
  db.run(sql`
    insert into resource_servers (${columns(ResourceServerRow)})
    values (${api.tenant_id}, ${api.id}, ${api.identifier}, ${api.is_system},
            ${api.sealed_signing_secret}, ${json(api.document)}, ${api.created_at})
    on conflict (tenant_id, identifier) do nothing`)

export const updateResourceServer = (tx: Db, api: ResourceServerRow) =>
  tx.run(sql`
    update resource_servers
       set document = ${json(api.document)}, sealed_signing_secret = ${api.sealed_signing_secret}
     where tenant_id = ${api.tenant_id} and id = ${api.id}`)

export const deleteResourceServer = (db: Db, tenantId: string, id: string) =>
  db.run(sql`delete from resource_servers where tenant_id = ${tenantId} and id = ${id}`)

/** Oldest first; only those with one of the identifiers, where some are given. */
export const listResourceServers = (
  db: Db,
  tenantId: string,
  identifiers: readonly string[] | undefined,
  page: { limit: number; offset: number },
) =>
  db.rows(
    ResourceServerRow,
    sql`
    select ${columns(ResourceServerRow)} from resource_servers
     where tenant_id = ${tenantId}
       and (${identifiers ?? null}::text[] is null or identifier = any(${identifiers ?? null}::text[]))
     order by created_at, id limit ${page.limit} offset ${page.offset}`,
  )

const CountRow = Type.Object({ count: Type.Number() })

export async function countResourceServers(
  db: Db,
  tenantId: string,
  identifiers: readonly string[] | undefined,
): Promise<number> {
  const row = await db.first(
    CountRow,
    sql`
    select count(*) as count from resource_servers
     where tenant_id = ${tenantId}
       and (${identifiers ?? null}::text[] is null or identifier = any(${identifiers ?? null}::text[]))`,
  )
  return row?.count ?? 0
}
