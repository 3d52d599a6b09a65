import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

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
