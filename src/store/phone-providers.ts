import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, json, sql } from './sql.ts'

/** A row of `phone_providers`: at most one for each tenant. */
export const PhoneProviderRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  name: Type.String(),
  disabled: Type.Boolean(),
  configuration: Type.Record(Type.String(), Type.Unknown()),
  sealed_credentials: Type.Unsafe<Uint8Array>({}),
  sealed_previous_credentials: Type.Union([Type.Unsafe<Uint8Array>({}), Type.Null()]),
  credentials_changed_at: Type.Number(),
  created_at: Type.Number(),
  updated_at: Type.Number(),
})
export type PhoneProviderRow = Static<typeof PhoneProviderRow>

export const findPhoneProviderOfTenant = (db: Db, tenantId: string) =>
  db.first(
    PhoneProviderRow,
    sql`select ${columns(PhoneProviderRow)} from phone_providers where tenant_id = ${tenantId}`,
  )

/** Locks a provider for a change that is computed from what it holds. Inside a transaction. */
export const lockPhoneProvider = (tx: Db, tenantId: string, id: string) =>
  tx.first(
    PhoneProviderRow,
    sql`
    select ${columns(PhoneProviderRow)} from phone_providers
     where tenant_id = ${tenantId} and id = ${id} for update`,
  )

/** @returns 0 when the tenant has a provider already */
export const insertPhoneProvider = (db: Db, row: PhoneProviderRow) =>
  db.run(sql`
    insert into phone_providers (${columns(PhoneProviderRow)})
    values (${row.tenant_id}, ${row.id}, ${row.name}, ${row.disabled}, ${json(row.configuration)},
            ${row.sealed_credentials}, ${row.sealed_previous_credentials},
            ${row.credentials_changed_at}, ${row.created_at}, ${row.updated_at})
    on conflict (tenant_id) do nothing`)

export const updatePhoneProvider = (db: Db, row: PhoneProviderRow) =>
  db.run(sql`
    update phone_providers
       set name = ${row.name}, disabled = ${row.disabled}, configuration = ${json(row.configuration)},
           sealed_credentials = ${row.sealed_credentials},
           sealed_previous_credentials = ${row.sealed_previous_credentials},
           credentials_changed_at = ${row.credentials_changed_at}, updated_at = ${row.updated_at}
     where tenant_id = ${row.tenant_id} and id = ${row.id}`)

/** @returns 0 when there is no such provider */
export const deletePhoneProvider = (db: Db, tenantId: string, id: string) =>
  db.run(sql`delete from phone_providers where tenant_id = ${tenantId} and id = ${id}`)

const UsedConnectionRow = Type.Object({ name: Type.String(), strategy: Type.String() })

/** The connections that some application may sign in with, oldest first. */
export const listUsedConnections = (db: Db, tenantId: string) =>
  db.rows(
    UsedConnectionRow,
    sql`
    select name, strategy from connections
     where tenant_id = ${tenantId} and exists (
       select from connection_clients
        where connection_clients.tenant_id = connections.tenant_id
          and connection_clients.connection_id = connections.id)
     order by created_at, id`,
  )
