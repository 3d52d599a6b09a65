import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, json, sql } from './sql.ts'

/** A row of `phone_templates`: at most one for each tenant and type. */
export const PhoneTemplateRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  type: Type.String(),
  disabled: Type.Boolean(),
  content: Type.Object({
    from: Type.Optional(Type.String()),
    body: Type.Object({ text: Type.String(), voice: Type.String() }),
  }),
  created_at: Type.Number(),
  updated_at: Type.Number(),
})
export type PhoneTemplateRow = Static<typeof PhoneTemplateRow>

export const listPhoneTemplates = (db: Db, tenantId: string) =>
  db.rows(
    PhoneTemplateRow,
    sql`
    select ${columns(PhoneTemplateRow)} from phone_templates
     where tenant_id = ${tenantId} order by created_at, id`,
  )

/** Locks a template for a change that is computed from what it holds. Inside a transaction. */
export const lockPhoneTemplate = (tx: Db, tenantId: string, id: string) =>
  tx.first(
    PhoneTemplateRow,
    sql`
    select ${columns(PhoneTemplateRow)} from phone_templates
     where tenant_id = ${tenantId} and id = ${id} for update`,
  )

/** @returns 0 when the tenant has a template of the type already */
export const insertPhoneTemplate = (db: Db, row: PhoneTemplateRow) =>
  db.run(sql`
    insert into phone_templates (${columns(PhoneTemplateRow)})
    values (${row.tenant_id}, ${row.id}, ${row.type}, ${row.disabled}, ${json(row.content)},
            ${row.created_at}, ${row.updated_at})
    on conflict (tenant_id, type) do nothing`)

export const updatePhoneTemplate = (db: Db, row: PhoneTemplateRow) =>
  db.run(sql`
    update phone_templates
       set disabled = ${row.disabled}, content = ${json(row.content)}, updated_at = ${row.updated_at}
     where tenant_id = ${row.tenant_id} and id = ${row.id}`)

/** @returns 0 when there is no such template */
export const deletePhoneTemplate = (db: Db, tenantId: string, id: string) =>
  db.run(sql`delete from phone_templates where tenant_id = ${tenantId} and id = ${id}`)
