import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { nullableColumn } from './nullable-column.ts'
import { columns, json, sql } from './sql.ts'

/** A row of `oidc_records`: what the library for OpenID Connect keeps under an id. */
export const OidcRecordRow = Type.Object({
  tenant_id: Type.String(),
  model: Type.String(),
  id_hash: Type.Unsafe<Uint8Array>({}),
  payload: Type.Record(Type.String(), Type.Unknown()),
  uid: nullableColumn(Type.String()),
  user_id: nullableColumn(Type.String()),
  client_id: nullableColumn(Type.String()),
  family_id: nullableColumn(Type.String()),
  created_at: Type.Number(),
  expires_at: Type.Number(),
  consumed_at: nullableColumn(Type.Number()),
})
export type OidcRecordRow = Static<typeof OidcRecordRow>

/** Which record. */
export type OidcRecordKey = { tenantId: string; model: string; idHash: Uint8Array }

/** Writes a record, or replaces what stood under its id; the time of its making stays. */
export const putOidcRecord = (
  db: Db,
  row: Omit<OidcRecordRow, 'family_id' | 'consumed_at'>,
): Promise<number> =>
  db.run(sql`
    insert into oidc_records (tenant_id, model, id_hash, payload, uid, user_id, client_id,
                              created_at, expires_at)
    values (${row.tenant_id}, ${row.model}, ${row.id_hash}, ${json(row.payload)}, ${row.uid},
            ${row.user_id}, ${row.client_id}, ${row.created_at}, ${row.expires_at})
    on conflict (tenant_id, model, id_hash) do update
       set payload = excluded.payload, uid = excluded.uid, user_id = excluded.user_id,
           client_id = excluded.client_id, expires_at = excluded.expires_at`)

/** A record that has not expired. */
export const findOidcRecord = (db: Db, { tenantId, model, idHash }: OidcRecordKey, now: number) =>
  db.first(
    OidcRecordRow,
    sql`
    select ${columns(OidcRecordRow)} from oidc_records
     where tenant_id = ${tenantId} and model = ${model} and id_hash = ${idHash}
       and expires_at > ${now}`,
  )

export const deleteOidcRecord = (db: Db, { tenantId, model, idHash }: OidcRecordKey) =>
  db.run(sql`
    delete from oidc_records
     where tenant_id = ${tenantId} and model = ${model} and id_hash = ${idHash}`)

/** Ends every session of a user, in whatever browser. */
export const deleteSessionsOfUser = (db: Db, tenantId: string, userId: string) =>
  db.run(sql`
    delete from oidc_records
     where tenant_id = ${tenantId} and user_id = ${userId} and model = 'Session'`)

export const deleteExpiredOidcRecords = (db: Db, before: number, take: number) =>
  db.run(sql`
    delete from oidc_records where (tenant_id, model, id_hash) in (
      select tenant_id, model, id_hash from oidc_records where expires_at < ${before}
       limit ${take})`)
