import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

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
