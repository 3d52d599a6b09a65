import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { nullableColumn } from './nullable-column.ts'
import { columns, json, sql } from './sql.ts'

/** A row of `mfa_transactions`: a grant that waits for a second factor. */
export const MfaTransactionRow = Type.Object({
  tenant_id: Type.String(),
  token_hash: Type.Unsafe<Uint8Array>({}),
  user_id: Type.String(),
  client_id: Type.String(),
  request: Type.Record(Type.String(), Type.Unknown()),
  created_at: Type.Number(),
  expires_at: Type.Number(),
  completed_at: nullableColumn(Type.Number()),
})
export type MfaTransactionRow = Static<typeof MfaTransactionRow>

export const insertMfaTransaction = (db: Db, row: MfaTransactionRow) =>
  db.run(sql`
    insert into mfa_transactions (${columns(MfaTransactionRow)})
    values (${row.tenant_id}, ${row.token_hash}, ${row.user_id}, ${row.client_id},
            ${json(row.request)}, ${row.created_at}, ${row.expires_at}, ${row.completed_at})`)

export const findMfaTransaction = (db: Db, tenantId: string, tokenHash: Uint8Array) =>
  db.first(
    MfaTransactionRow,
    sql`
    select ${columns(MfaTransactionRow)} from mfa_transactions
     where tenant_id = ${tenantId} and token_hash = ${tokenHash}`,
  )

export const deleteExpiredMfaTransactions = (db: Db, before: number, take: number) =>
  db.run(sql`
    delete from mfa_transactions where (tenant_id, token_hash) in (
      select tenant_id, token_hash from mfa_transactions where expires_at < ${before} limit ${take})`)
