import { type Static, Type } from 'typebox'
import type { BatchKind, Db } from './db.ts'
import { json, sql } from './sql.ts'

/** A row of `tenant_logs`; `entry` is the whole wire object. */
export const TenantLogRow = Type.Object({
  tenant_id: Type.String(),
  log_id: Type.String(),
  type: Type.String(),
  date: Type.Number(),
  client_id: Type.Union([Type.String(), Type.Null()]),
  user_id: Type.Union([Type.String(), Type.Null()]),
  entry: Type.Record(Type.String(), Type.Unknown()),
})
export type TenantLogRow = Static<typeof TenantLogRow>

/** Adds one entry; entries of the same moment share a statement. */
export const insertTenantLog = (db: Db, row: TenantLogRow): Promise<void> => db.batch(inserts, row)

const inserts: BatchKind<TenantLogRow, void> = {
  name: 'tenant-logs',
  maxItems: 500,
  maxInFlight: 2,
  async run(db, rows) {
    await db.run(sql`
      insert into tenant_logs (tenant_id, log_id, type, date, client_id, user_id, entry)
      select * from unnest(${rows.map((row) => row.tenant_id)}::text[],
        ${rows.map((row) => row.log_id)}::text[], ${rows.map((row) => row.type)}::text[],
        ${rows.map((row) => row.date)}::bigint[], ${rows.map((row) => row.client_id)}::text[],
        ${rows.map((row) => row.user_id)}::text[],
        ${rows.map((row) => json(row.entry))}::jsonb[])`)
    return rows.map(() => undefined)
  },
}
