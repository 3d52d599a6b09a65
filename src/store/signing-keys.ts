import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'

/** A row of `signing_keys`. */
export const SigningKeyRow = Type.Object({
  tenant_id: Type.String(),
  kid: Type.String(),
  alg: Type.String(),
  state: Type.Enum(['next', 'current', 'previous']),
  public_jwk: Type.Record(Type.String(), Type.Unknown()),
  sealed_private_key: Type.Unsafe<Uint8Array>({}),
  created_at: Type.Number(),
  rotated_at: Type.Union([Type.Number(), Type.Null()]),
})
export type SigningKeyRow = Static<typeof SigningKeyRow>

/** Every key of a tenant, newest first. */
export const listSigningKeys = (db: Db, tenantId: string) =>
  db.rows(
    SigningKeyRow,
    sql`
    select ${columns(SigningKeyRow)} from signing_keys
     where tenant_id = ${tenantId} order by created_at desc, kid`,
  )
