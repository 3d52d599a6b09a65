import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, json, sql } from './sql.ts'

/** A row of `tenant_documents`. */
export const TenantDocumentRow = Type.Object({
  tenant_id: Type.String(),
  /** A path of the Management API without its prefix, such as `guardian/policies`. */
  name: Type.String(),
  document: Type.Unknown(),
  /** JSON of the members that are secret, sealed; null when there are none. */
  sealed_members: Type.Union([Type.Unsafe<Uint8Array>({}), Type.Null()]),
  updated_at: Type.Number(),
})
export type TenantDocumentRow = Static<typeof TenantDocumentRow>

export const findTenantDocument = (db: Db, tenantId: string, name: string) =>
  db.first(
    TenantDocumentRow,
    sql`
    select ${columns(TenantDocumentRow)} from tenant_documents
     where tenant_id = ${tenantId} and name = ${name}`,
  )

/** Those whose name begins with `prefix`, by name. */
export const listTenantDocuments = (db: Db, tenantId: string, prefix: string) =>
  db.rows(
    TenantDocumentRow,
    sql`
    select ${columns(TenantDocumentRow)} from tenant_documents
     where tenant_id = ${tenantId} and starts_with(name, ${prefix}) order by name`,
  )

export const putTenantDocument = (db: Db, row: TenantDocumentRow) =>
  db.run(sql`
    insert into tenant_documents (${columns(TenantDocumentRow)})
    values (${row.tenant_id}, ${row.name}, ${json(row.document)}, ${row.sealed_members},
            ${row.updated_at})
    on conflict (tenant_id, name) do update
       set document = excluded.document, sealed_members = excluded.sealed_members,
           updated_at = excluded.updated_at`)

export const deleteTenantDocument = (db: Db, tenantId: string, name: string) =>
  db.run(sql`delete from tenant_documents where tenant_id = ${tenantId} and name = ${name}`)
