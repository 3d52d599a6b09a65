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

/** Every key of a tenant that may be trusted, newest first. */
export const listSigningKeys = (db: Db, tenantId: string) =>
  db.rows(
    SigningKeyRow,
    sql`
    select ${columns(SigningKeyRow)} from signing_keys
     where tenant_id = ${tenantId} and revoked_at is null order by created_at desc, kid`,
  )

const AnySigningKeyRow = Type.Object({
  ...SigningKeyRow.properties,
  revoked_at: Type.Union([Type.Number(), Type.Null()]),
})
export type AnySigningKeyRow = Static<typeof AnySigningKeyRow>

/** Every key of an algorithm, revoked ones too, newest first. */
export const listAllSigningKeys = (db: Db, tenantId: string, alg: string) =>
  db.rows(
    AnySigningKeyRow,
    sql`
    select ${columns(AnySigningKeyRow)} from signing_keys
     where tenant_id = ${tenantId} and alg = ${alg} order by created_at desc, kid`,
  )

/** Revokes the former keys of one rotation. */
export const revokeSigningKeys = (tx: Db, tenantId: string, rotatedAt: number, now: number) =>
  tx.run(sql`
    update signing_keys set revoked_at = ${now}
     where tenant_id = ${tenantId} and state = 'previous' and rotated_at = ${rotatedAt}
       and revoked_at is null`)

/** Adds keys; all of them or, when one exists already, none. */
export const insertSigningKeys = (db: Db, rows: readonly SigningKeyRow[]) =>
  db.run(sql`
    insert into signing_keys (tenant_id, kid, alg, state, public_jwk, sealed_private_key, created_at,
                              rotated_at)
    select * from unnest(${rows.map((row) => row.tenant_id)}::text[],
      ${rows.map((row) => row.kid)}::text[], ${rows.map((row) => row.alg)}::text[],
      ${rows.map((row) => row.state)}::text[],
      ${rows.map((row) => JSON.stringify(row.public_jwk))}::jsonb[],
      ${rows.map((row) => row.sealed_private_key)}::bytea[],
      ${rows.map((row) => row.created_at)}::bigint[],
      ${rows.map((row) => row.rotated_at)}::bigint[])`)

/**
 * The current keys step back. Before `promoteNextKeys` and in one transaction with it: an index allows
 * one current key for each algorithm.
 */
export const retireCurrentKeys = (tx: Db, tenantId: string, rotatedAt: number) =>
  tx.run(sql`
    update signing_keys set state = 'previous', rotated_at = ${rotatedAt}
     where tenant_id = ${tenantId} and state = 'current'`)

export const promoteNextKeys = (tx: Db, tenantId: string) =>
  tx.run(sql`
    update signing_keys set state = 'current' where tenant_id = ${tenantId} and state = 'next'`)

/** Removes former keys that signed nothing since `rotatedBefore`. */
export const deletePreviousKeys = (tx: Db, tenantId: string, rotatedBefore: number) =>
  tx.run(sql`
    delete from signing_keys
     where tenant_id = ${tenantId} and state = 'previous' and rotated_at <= ${rotatedBefore}`)
