import { type Static, Type } from 'typebox'
import { ActionExecutionRow } from './action-executions.ts'
import { byteaText } from './bytea-text.ts'
import type { BatchKind, Db } from './db.ts'
import type { MessageAttempt, MessageCause } from './message-outcome.ts'
import { nullableColumn } from './nullable-column.ts'
import { columns, json, sql } from './sql.ts'
import type { TenantLogRow } from './tenant-logs.ts'

/** What a delivery needs of a row. */
export const LeasedMessageRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  message_type: Type.String(),
  flow: Type.String(),
  delivery_method: Type.String(),
  recipient_masked: Type.String(),
  recipient_hash: Type.Unsafe<Uint8Array>({}),
  client_id: nullableColumn(Type.String()),
  connection: nullableColumn(Type.String()),
  user_id: nullableColumn(Type.String()),
  locale: Type.String(),
  decoy: Type.Boolean(),
  sealed: nullableColumn(Type.Unsafe<Uint8Array>({})),
  attempts_count: Type.Number(),
  possible_duplicate: Type.Boolean(),
  created_at: Type.Number(),
  expires_at: Type.Number(),
})
export type LeasedMessageRow = Static<typeof LeasedMessageRow>

const ClaimedRow = Type.Intersect([
  LeasedMessageRow,
  Type.Object({ live: Type.Boolean(), taken_over: Type.Boolean() }),
])
export type ClaimedMessageRow = LeasedMessageRow & {
  /** False when a newer code replaced the message's own, or the code was used. */
  live: boolean
  /** True when the former lease ran out without a result. */
  taken_over: boolean
}

/**
 * Leases up to `take` messages whose time has come: retries that are due, and messages whose node let
 * its lease run out. The latter count as handed over with unknown result, so the next try is marked as
 * a possible duplicate.
 */
export async function claimDueMessages(
  db: Db,
  claim: { owner: string; now: number; leaseUntil: number; take: number },
): Promise<ClaimedMessageRow[]> {
  const lapsed = sql`(messages.state = 'sending')`
  const rows = await db.rows(
    ClaimedRow,
    sql`
    with due as (
      select tenant_id, id, state from messages
       where state in ('queued', 'sending') and due_at <= ${claim.now}
       order by due_at limit ${claim.take} for update skip locked
    )
    update messages set state = 'sending', lease_owner = ${claim.owner}, due_at = ${claim.leaseUntil},
           updated_at = ${claim.now}, attempts_count = messages.attempts_count + 1,
           possible_duplicate = messages.possible_duplicate or ${lapsed},
           attempts = messages.attempts || case when ${lapsed} then jsonb_build_array(
             jsonb_build_object('number', messages.attempts_count, 'started_at', messages.updated_at,
               'ended_at', ${claim.now}::bigint, 'outcome', 'unknown')) else '[]'::jsonb end,
           history = messages.history || jsonb_build_object('state', 'sending', 'at',
             ${claim.now}::bigint, 'by', ${claim.owner}::text)
      from due
     where messages.tenant_id = due.tenant_id and messages.id = due.id
    returning ${columns(LeasedMessageRow, 'messages')},
      due.state = 'sending' as taken_over,
      (messages.flow = 'test' or messages.decoy or exists (
        select from challenges
         where challenges.tenant_id = messages.tenant_id
           and challenges.connection = messages.connection
           and challenges.purpose = messages.flow
           and challenges.recipient_hash = messages.recipient_hash
           and challenges.message_id = messages.id and challenges.consumed_at is null)
       or (messages.flow in ('mfa_enroll', 'mfa_challenge') and exists (
        select from mfa_challenges as challenge
         where challenge.tenant_id = messages.tenant_id and challenge.user_id = messages.user_id
           and challenge.message_id = messages.id and challenge.consumed_at is null))) as live`,
  )
  return rows
}

/** How a node's work on a message ended. */
export type FinishedAttempt = {
  tenant_id: string
  id: string
  owner: string
  number: number
  state: 'queued' | 'accepted' | 'delivered' | 'failed' | 'dropped' | 'cancelled'
  now: number
  /** When the next try is due; `queued` only. */
  due_at: number
  provider: string | null
  provider_message_id: string | null
  cause: MessageCause | null
  /** Absent when no carrier was asked. */
  attempt: MessageAttempt | null
  logs: readonly TenantLogRow[]
  /** The runs of tenant code that the try took. */
  executions: readonly ActionExecutionRow[]
  /** What the inbox shows, when the message ended there. */
  inbox: { sealed: Uint8Array } | null
}

const FinishedRow = Type.Object({ tenant_id: Type.String(), id: Type.String() })

/**
 * Records the end of a try, with its log entries, runs and inbox entry, in one statement. Only the node
 * that holds the lease of this very try may; a status callback that came first keeps its state.
 *
 * @returns false when another node has taken the message over meanwhile
 */
export const finishAttempt = (db: Db, finished: FinishedAttempt): Promise<boolean> =>
  db.batch(finishes, finished)

const finishes: BatchKind<FinishedAttempt, boolean> = {
  name: 'finished-attempts',
  maxItems: 200,
  // Two batches with rows in common could wait for each other in a ring.
  maxInFlight: 1,
  keyOf: (item) => `${item.tenant_id}\n${item.id}`,
  async run(db, items) {
    const input = items.map(({ logs: _, executions: __, inbox, ...item }) => ({
      ...item,
      inbox_sealed: inbox === null ? null : byteaText(inbox.sealed),
    }))
    const logs = items.flatMap((item) => item.logs)
    const executions = items.flatMap((item) => item.executions)
    const rows = await db.rows(
      FinishedRow,
      sql`
      with input as materialized (
        select * from jsonb_to_recordset(${json(input)}) as input (
          tenant_id text, id text, owner text, number int, state text, now bigint, due_at bigint,
          provider text, provider_message_id text, cause jsonb, attempt jsonb, inbox_sealed bytea)
      ), finished as (
        update messages set
               state = case messages.state when 'sending' then input.state else messages.state end,
               due_at = input.due_at, lease_owner = null, updated_at = input.now,
               provider = input.provider,
               attempts_count
                 = messages.attempts_count - case when input.attempt is null then 1 else 0 end,
               provider_message_id
                 = coalesce(input.provider_message_id, messages.provider_message_id),
               cause = case messages.state when 'sending' then input.cause else messages.cause end,
               attempts = messages.attempts || case when input.attempt is null then '[]'::jsonb
                 else jsonb_build_array(input.attempt) end,
               history = case messages.state when 'sending' then messages.history
                 || jsonb_build_object('state', input.state, 'at', input.now)
                 else messages.history end,
               sealed = case when messages.state = 'sending' and input.state = 'queued'
                 then messages.sealed end
          from input
         where messages.tenant_id = input.tenant_id and messages.id = input.id
           and messages.lease_owner = input.owner and messages.attempts_count = input.number
        returning messages.tenant_id, messages.id
      ), inbox as (
        insert into inbox_messages (tenant_id, id, sealed, recipient_hash, created_at)
        select tenant_id, id, input.inbox_sealed, messages.recipient_hash, messages.created_at
          from input join finished using (tenant_id, id) join messages using (tenant_id, id)
         where input.inbox_sealed is not null
        on conflict do nothing
      ), log as (
        insert into tenant_logs (tenant_id, log_id, type, date, client_id, user_id, entry)
        select tenant_id, log_id, type, date, client_id, user_id, entry
          from jsonb_to_recordset(${json(logs)}) as entry (tenant_id text, log_id text, type text,
            date bigint, client_id text, user_id text, entry jsonb)
      ), execution as (
        insert into action_executions (${columns(ActionExecutionRow)})
        select ${columns(ActionExecutionRow, 'run')}
          from jsonb_to_recordset(${json(executions)}) as run (tenant_id text, id text,
            trigger_id text, status text, results jsonb, created_at bigint, updated_at bigint)
      )
      select tenant_id, id from finished`,
    )
    const done = new Set(rows.map((row) => `${row.tenant_id}\n${row.id}`))
    return items.map((item) => done.has(`${item.tenant_id}\n${item.id}`))
  },
}

/** Gives back what this node still holds, so that another takes it over at once. */
export const releaseLeases = (db: Db, owner: string, now: number) =>
  db.run(sql`
    update messages set due_at = ${now}
     where state = 'sending' and lease_owner = ${owner} and due_at > ${now}`)

/** Takes the bodies out of rows whose code has died, whatever became of them. */
export const wipeExpiredMessages = (db: Db, now: number) =>
  db.run(sql`update messages set sealed = null where sealed is not null and expires_at < ${now}
    and state not in ('queued', 'sending')`)
