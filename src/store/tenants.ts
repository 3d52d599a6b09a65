import { type Static, Type } from 'typebox'
import type { BatchKind, Db } from './db.ts'
import { columns, json, sql } from './sql.ts'

/** A row of `tenants`. */
export const TenantRow = Type.Object({
  id: Type.String(),
  url: Type.String(),
  settings: Type.Record(Type.String(), Type.Unknown()),
  protection: Type.Record(Type.String(), Type.Unknown()),
  sealed_hash_key: Type.Unsafe<Uint8Array>({}),
  config_version: Type.Number(),
  created_at: Type.Number(),
})
export type TenantRow = Static<typeof TenantRow>

export const insertTenant = (
  db: Db,
  tenant: Omit<TenantRow, 'config_version'> & { host: string; hostname: string },
) =>
  db.run(sql`
    insert into tenants (id, url, host, hostname, settings, protection, sealed_hash_key, created_at)
    values (${tenant.id}, ${tenant.url}, ${tenant.host}, ${tenant.hostname}, ${json(tenant.settings)},
            ${json(tenant.protection)}, ${tenant.sealed_hash_key}, ${tenant.created_at})`)

export const findTenant = (db: Db, tenantId: string) =>
  db.first(TenantRow, sql`select ${columns(TenantRow)} from tenants where id = ${tenantId}`)

/** Oldest first. */
export const listTenants = (db: Db) =>
  db.rows(TenantRow, sql`select ${columns(TenantRow)} from tenants order by created_at, id`)

const IdRow = Type.Object({ id: Type.String() })

/** The tenant whose URL has this `host:port`, or else this host name on any port. */
export const findTenantIdByHost = (db: Db, host: string, hostname: string) =>
  db.first(
    IdRow,
    sql`
    select id from tenants where host = ${host} or hostname = ${hostname}
     order by (host = ${host}) desc, created_at, id limit 1`,
  )

/** The oldest tenant: the one that the first start made. */
export const findFirstTenantId = (db: Db) =>
  db.first(IdRow, sql`select id from tenants order by created_at, id limit 1`)

const VersionRow = Type.Object({ id: Type.String(), config_version: Type.Number() })

/**
 * The version of a tenant's settings; undefined when there is no such tenant. Requests that ask at the
 * same moment share one statement, and each sees every change committed before it asked.
 */
export const readConfigVersion = (db: Db, tenantId: string): Promise<number | undefined> =>
  db.batch(configVersions, tenantId)

const configVersions: BatchKind<string, number | undefined> = {
  name: 'config-version',
  maxItems: 500,
  maxInFlight: 1,
  async run(db, tenantIds) {
    const rows = await db.rows(
      VersionRow,
      sql`select id, config_version from tenants where id = any(${[...new Set(tenantIds)]}::text[])`,
    )
    const versions = new Map(rows.map((row) => [row.id, row.config_version]))
    return tenantIds.map((id) => versions.get(id))
  },
}

/** Locks the tenant's row for a change that is computed from what it holds. Inside a transaction. */
export const lockTenant = (tx: Db, tenantId: string) =>
  tx.first(
    TenantRow,
    sql`select ${columns(TenantRow)} from tenants where id = ${tenantId} for update`,
  )

export const updateTenantSettings = (
  db: Db,
  tenantId: string,
  settings: Readonly<Record<string, unknown>>,
) => db.run(sql`update tenants set settings = ${json(settings)} where id = ${tenantId}`)

export const updateTenantProtection = (
  db: Db,
  tenantId: string,
  protection: Readonly<Record<string, unknown>>,
) => db.run(sql`update tenants set protection = ${json(protection)} where id = ${tenantId}`)

/** Replaces the sealed hash key by the same key sealed anew. */
export const resealHashKey = (db: Db, tenantId: string, before: Uint8Array, after: Uint8Array) =>
  db.run(sql`
    update tenants set sealed_hash_key = ${after}
     where id = ${tenantId} and sealed_hash_key = ${before}`)
