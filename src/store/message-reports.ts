import { Type } from 'typebox'
import type { Db } from './db.ts'
import type { MessageCause } from './message-outcome.ts'
import { nullableColumn } from './nullable-column.ts'
import { columns, json, sql } from './sql.ts'

const CallbackTargetRow = Type.Object({
  state: Type.String(),
  flow: Type.String(),
  message_type: Type.String(),
  recipient_masked: Type.String(),
  provider_message_id: nullableColumn(Type.String()),
  callback_rank: Type.Number(),
  client_id: nullableColumn(Type.String()),
  user_id: nullableColumn(Type.String()),
  created_at: Type.Number(),
})

export const findCallbackTarget = (db: Db, tenantId: string, id: string) =>
  db.first(
    CallbackTargetRow,
    sql`
    select ${columns(CallbackTargetRow)} from messages where tenant_id = ${tenantId} and id = ${id}`,
  )

/**
 * Applies a carrier's status report. Reports come in any order and twice: only a higher rank moves the
 * message, in one statement.
 *
 * @returns 1 when it moved, 0 when it changes nothing
 */
export const applyCallback = (
  db: Db,
  report: {
    tenantId: string
    id: string
    rank: number
    state: 'accepted' | 'delivered' | 'failed'
    providerMessageId: string
    cause: MessageCause | null
    now: number
  },
) =>
  db.run(sql`
    update messages set callback_rank = ${report.rank}, updated_at = ${report.now},
           state = ${report.state}, provider_message_id = ${report.providerMessageId}, sealed = null,
           cause = ${report.cause === null ? null : json(report.cause)}::jsonb,
           history = history || case when state = ${report.state} then '[]'::jsonb
             else jsonb_build_array(jsonb_build_object('state', ${report.state}::text,
               'at', ${report.now}::bigint)) end
     where tenant_id = ${report.tenantId} and id = ${report.id} and callback_rank < ${report.rank}
       and state in ('sending', 'accepted', 'queued')
       and (provider_message_id is null or provider_message_id = ${report.providerMessageId})`)
