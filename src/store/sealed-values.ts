import { Type } from 'typebox'
import type { Db } from './db.ts'
import { type Query, sql } from './sql.ts'

/** One sealed value and the row it belongs to; `row_id` is what it was sealed for. */
export const SealedValueRow = Type.Object({
  tenant_id: Type.String(),
  row_id: Type.String(),
  sealed: Type.Unsafe<Uint8Array>({}),
})

/** Where sealed values live. */
export type SealedColumn = {
  kind: string
  select: (after: Page) => Query
  update: (value: Resealed) => Query
}
type Page = { tenantId: string; rowId: string; take: number }
type Resealed = { tenantId: string; rowId: string; before: Uint8Array; after: Uint8Array }

/** A page of values in key order, after the last one of the page before. */
export const listSealedValues = (db: Db, column: SealedColumn, after: Page) =>
  db.rows(SealedValueRow, column.select(after))

/** Replaces a value by itself sealed anew, unless somebody has changed it meanwhile. */
export const replaceSealedValue = (db: Db, column: SealedColumn, value: Resealed) =>
  db.run(column.update(value))

/** Every column that holds sealed values, with the kind it is sealed as. */
export const sealedColumns: readonly SealedColumn[] = [
  {
    kind: 'hash-key',
    select: ({ tenantId, rowId, take }) => sql`
      select id as tenant_id, id as row_id, sealed_hash_key as sealed from tenants
       where (id, id) > (${tenantId}, ${rowId}) order by id limit ${take}`,
    update: ({ tenantId, before, after }) => sql`
      update tenants set sealed_hash_key = ${after}
       where id = ${tenantId} and sealed_hash_key = ${before}`,
  },
  {
    kind: 'signing-key',
    select: ({ tenantId, rowId, take }) => sql`
      select tenant_id, kid as row_id, sealed_private_key as sealed from signing_keys
       where (tenant_id, kid) > (${tenantId}, ${rowId}) order by tenant_id, kid limit ${take}`,
    update: ({ tenantId, rowId, before, after }) => sql`
      update signing_keys set sealed_private_key = ${after}
       where tenant_id = ${tenantId} and kid = ${rowId} and sealed_private_key = ${before}`,
  },
  {
    kind: 'client-secret',
    select: ({ tenantId, rowId, take }) => sql`
      select tenant_id, client_id as row_id, sealed_secret as sealed from clients
       where (tenant_id, client_id) > (${tenantId}, ${rowId})
       order by tenant_id, client_id limit ${take}`,
    update: ({ tenantId, rowId, before, after }) => sql`
      update clients set sealed_secret = ${after}
       where tenant_id = ${tenantId} and client_id = ${rowId} and sealed_secret = ${before}`,
  },
  {
    kind: 'api-signing-secret',
    select: ({ tenantId, rowId, take }) => sql`
      select tenant_id, id as row_id, sealed_signing_secret as sealed from resource_servers
       where (tenant_id, id) > (${tenantId}, ${rowId}) and sealed_signing_secret is not null
       order by tenant_id, id limit ${take}`,
    update: ({ tenantId, rowId, before, after }) => sql`
      update resource_servers set sealed_signing_secret = ${after}
       where tenant_id = ${tenantId} and id = ${rowId} and sealed_signing_secret = ${before}`,
  },
  {
    kind: 'connection-options',
    select: ({ tenantId, rowId, take }) => sql`
      select tenant_id, id as row_id, sealed_options as sealed from connections
       where (tenant_id, id) > (${tenantId}, ${rowId}) order by tenant_id, id limit ${take}`,
    update: ({ tenantId, rowId, before, after }) => sql`
      update connections set sealed_options = ${after}
       where tenant_id = ${tenantId} and id = ${rowId} and sealed_options = ${before}`,
  },
  {
    kind: 'provider-credentials',
    select: ({ tenantId, rowId, take }) => sql`
      select tenant_id, id as row_id, sealed_credentials as sealed from phone_providers
       where (tenant_id, id) > (${tenantId}, ${rowId}) order by tenant_id, id limit ${take}`,
    update: ({ tenantId, rowId, before, after }) => sql`
      update phone_providers set sealed_credentials = ${after}
       where tenant_id = ${tenantId} and id = ${rowId} and sealed_credentials = ${before}`,
  },
  {
    kind: 'provider-credentials',
    select: ({ tenantId, rowId, take }) => sql`
      select tenant_id, id as row_id, sealed_previous_credentials as sealed from phone_providers
       where (tenant_id, id) > (${tenantId}, ${rowId}) and sealed_previous_credentials is not null
       order by tenant_id, id limit ${take}`,
    update: ({ tenantId, rowId, before, after }) => sql`
      update phone_providers set sealed_previous_credentials = ${after}
       where tenant_id = ${tenantId} and id = ${rowId} and sealed_previous_credentials = ${before}`,
  },
  {
    kind: 'action-secrets',
    select: ({ tenantId, rowId, take }) => sql`
      select tenant_id, id as row_id, sealed_secrets as sealed from actions
       where (tenant_id, id) > (${tenantId}, ${rowId}) order by tenant_id, id limit ${take}`,
    update: ({ tenantId, rowId, before, after }) => sql`
      update actions set sealed_secrets = ${after}
       where tenant_id = ${tenantId} and id = ${rowId} and sealed_secrets = ${before}`,
  },
  {
    kind: 'action-version-secrets',
    select: ({ tenantId, rowId, take }) => sql`
      select tenant_id, id as row_id, sealed_secrets as sealed from action_versions
       where (tenant_id, id) > (${tenantId}, ${rowId}) order by tenant_id, id limit ${take}`,
    update: ({ tenantId, rowId, before, after }) => sql`
      update action_versions set sealed_secrets = ${after}
       where tenant_id = ${tenantId} and id = ${rowId} and sealed_secrets = ${before}`,
  },
  {
    kind: 'tenant-document',
    select: ({ tenantId, rowId, take }) => sql`
      select tenant_id, name as row_id, sealed_members as sealed from tenant_documents
       where (tenant_id, name) > (${tenantId}, ${rowId}) and sealed_members is not null
       order by tenant_id, name limit ${take}`,
    update: ({ tenantId, rowId, before, after }) => sql`
      update tenant_documents set sealed_members = ${after}
       where tenant_id = ${tenantId} and name = ${rowId} and sealed_members = ${before}`,
  },
  {
    kind: 'authentication-method',
    select: ({ tenantId, rowId, take }) => sql`
      select tenant_id, id as row_id, sealed_secret as sealed from authentication_methods
       where (tenant_id, id) > (${tenantId}, ${rowId}) and sealed_secret is not null
       order by tenant_id, id limit ${take}`,
    update: ({ tenantId, rowId, before, after }) => sql`
      update authentication_methods set sealed_secret = ${after}
       where tenant_id = ${tenantId} and id = ${rowId} and sealed_secret = ${before}`,
  },
  {
    kind: 'log-stream-sink',
    select: ({ tenantId, rowId, take }) => sql`
      select tenant_id, id as row_id, sealed_sink as sealed from log_streams
       where (tenant_id, id) > (${tenantId}, ${rowId}) order by tenant_id, id limit ${take}`,
    update: ({ tenantId, rowId, before, after }) => sql`
      update log_streams set sealed_sink = ${after}
       where tenant_id = ${tenantId} and id = ${rowId} and sealed_sink = ${before}`,
  },
  {
    kind: 'message',
    select: ({ tenantId, rowId, take }) => sql`
      select tenant_id, id as row_id, sealed from messages
       where (tenant_id, id) > (${tenantId}, ${rowId}) and sealed is not null
       order by tenant_id, id limit ${take}`,
    update: ({ tenantId, rowId, before, after }) => sql`
      update messages set sealed = ${after}
       where tenant_id = ${tenantId} and id = ${rowId} and sealed = ${before}`,
  },
  {
    kind: 'inbox-message',
    select: ({ tenantId, rowId, take }) => sql`
      select tenant_id, id as row_id, sealed from inbox_messages
       where (tenant_id, id) > (${tenantId}, ${rowId}) order by tenant_id, id limit ${take}`,
    update: ({ tenantId, rowId, before, after }) => sql`
      update inbox_messages set sealed = ${after}
       where tenant_id = ${tenantId} and id = ${rowId} and sealed = ${before}`,
  },
]
