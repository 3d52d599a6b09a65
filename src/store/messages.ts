import { type Static, Type } from 'typebox'
import type { BatchKind, Db } from './db.ts'
import { columns, json, sql } from './sql.ts'
import type { TenantLogRow } from './tenant-logs.ts'

const Nullable = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([schema, Type.Null()])

/** One try, as `messages.attempts` holds it; times in epoch ms. */
export const MessageAttempt = Type.Object({
  number: Type.Number(),
  started_at: Type.Number(),
  ended_at: Type.Number(),
  outcome: Type.Enum(['accepted', 'retry', 'permanent', 'unknown']),
  provider_message_id: Type.Optional(Type.String()),
  provider_error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
})
export type MessageAttempt = Static<typeof MessageAttempt>

/** One state change, as `messages.history` holds it. */
export type MessageChange = { state: string; at: number; by?: string }

/** Why a message ended as it did, in plain words. */
export const MessageCause = Type.Object({
  code: Type.String(),
  text: Type.String(),
  hint: Type.String(),
})
export type MessageCause = Static<typeof MessageCause>

/** What a delivery needs of a row. */
export const LeasedMessageRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  message_type: Type.String(),
  flow: Type.String(),
  delivery_method: Type.String(),
  recipient_masked: Type.String(),
  recipient_hash: Type.Unsafe<Uint8Array>({}),
  client_id: Nullable(Type.String()),
  connection: Nullable(Type.String()),
  user_id: Nullable(Type.String()),
  locale: Type.String(),
  decoy: Type.Boolean(),
  sealed: Nullable(Type.Unsafe<Uint8Array>({})),
  attempts_count: Type.Number(),
  possible_duplicate: Type.Boolean(),
  created_at: Type.Number(),
  expires_at: Type.Number(),
})
export type LeasedMessageRow = Static<typeof LeasedMessageRow>

/** A code and the message that carries it, written together. */
export type ChallengedMessage = {
  tenant_id: string
  id: string
  state: 'sending' | 'queued'
  message_type: string
  flow: string
  delivery_method: string
  recipient_masked: string
  recipient_hash: Uint8Array
  country: string | null
  client_id: string
  connection: string
  locale: string
  sealed: Uint8Array
  lease_owner: string
  due_at: number
  created_at: number
  expires_at: number
  code_hash: Uint8Array
  /** For the look-up of the user; not stored. */
  phone_number: string
  /** Whether an unknown number may become a user. */
  allow_signup: boolean
  /** Written when the message is to be sent, and when it is not. */
  sent_log: TenantLogRow
  suppressed_log: TenantLogRow
}

const StartedRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  user_id: Nullable(Type.String()),
  decoy: Type.Boolean(),
})

/**
 * Stores a code with its message and log entry in one statement, which also cancels a waiting message
 * of the number's former code and finds out whether anything may be sent at all: to a blocked user, or
 * to a stranger where sign-up is off, the message is a decoy. Known and unknown numbers take the same
 * path through the same statement.
 */
export const insertChallengedMessage = (db: Db, message: ChallengedMessage) =>
  db.batch(challengedMessages, message)

const hex = (bytes: Uint8Array) => `\\x${Buffer.from(bytes).toString('hex')}`

const challengedMessages: BatchKind<ChallengedMessage, { userId: string | null; decoy: boolean }> =
  {
    name: 'challenged-messages',
    maxItems: 100,
    maxInFlight: 3,
    keyOf: (item) => `${item.tenant_id}\n${item.connection}\n${hex(item.recipient_hash)}`,
    async run(db, items) {
      const input = items.map(({ sent_log, suppressed_log, ...item }) => ({
        ...item,
        recipient_hash: hex(item.recipient_hash),
        sealed: hex(item.sealed),
        code_hash: hex(item.code_hash),
        log_id: sent_log.log_id,
        sent_type: sent_log.type,
        sent_entry: sent_log.entry,
        suppressed_type: suppressed_log.type,
        suppressed_entry: suppressed_log.entry,
      }))
      const rows = await db.rows(
        StartedRow,
        sql`
      with input as materialized (
        select * from jsonb_to_recordset(${json(input)}) as input (
          tenant_id text, id text, state text, message_type text, flow text, delivery_method text,
          recipient_masked text, recipient_hash bytea, country text, client_id text,
          connection text, locale text, sealed bytea, lease_owner text, due_at bigint,
          created_at bigint, expires_at bigint, code_hash bytea, phone_number text,
          allow_signup boolean, log_id text, sent_type text, sent_entry jsonb,
          suppressed_type text, suppressed_entry jsonb)
         order by tenant_id, connection, recipient_hash
      ), person as materialized (
        select input.tenant_id, input.id, found.user_id,
               coalesce(found.blocked, false) or (found.user_id is null and not input.allow_signup)
                 as decoy
          from input left join lateral (
            select user_id, blocked from users
             where users.tenant_id = input.tenant_id and users.connection = input.connection
               and users.phone_number = input.phone_number limit 1) found on true
      ), superseded as (
        update messages set state = 'cancelled', sealed = null, updated_at = input.created_at,
               cause = '{"code":"superseded","text":"A newer code was asked for.","hint":"Nothing to do."}',
               history = messages.history
                 || jsonb_build_object('state', 'cancelled', 'at', input.created_at)
          from input join challenges on challenges.tenant_id = input.tenant_id
               and challenges.connection = input.connection and challenges.purpose = input.flow
               and challenges.recipient_hash = input.recipient_hash
         where messages.tenant_id = challenges.tenant_id and messages.id = challenges.message_id
           and messages.state = 'queued'
      ), challenge as (
        insert into challenges as kept (tenant_id, connection, purpose, recipient_hash, code_hash,
                                        expires_at, message_id, client_id)
        select tenant_id, connection, flow, recipient_hash, code_hash, expires_at, id, client_id
          from input
        on conflict (tenant_id, connection, purpose, recipient_hash) do update
           set code_hash = excluded.code_hash, attempts = 0, consumed_at = null,
               expires_at = excluded.expires_at, message_id = excluded.message_id,
               client_id = excluded.client_id, last_outcome = null
      ), message as (
        insert into messages (tenant_id, id, state, message_type, flow, delivery_method,
          recipient_masked, recipient_hash, country, client_id, connection, user_id, locale, decoy,
          sealed, attempts_count, history, lease_owner, due_at, created_at, updated_at, expires_at)
        select tenant_id, id, state, message_type, flow, delivery_method, recipient_masked,
               recipient_hash, country, client_id, connection, user_id, locale, decoy, sealed,
               case state when 'sending' then 1 else 0 end,
               jsonb_build_array(jsonb_build_object('state', 'queued', 'at', created_at))
                 || case state when 'sending'
                      then jsonb_build_array(jsonb_build_object('state', state, 'at', created_at,
                             'by', lease_owner))
                      else '[]'::jsonb end,
               lease_owner, due_at, created_at, created_at, expires_at
          from input join person using (tenant_id, id)
      ), log as (
        insert into tenant_logs (tenant_id, log_id, type, date, client_id, user_id, entry)
        select tenant_id, log_id, case when decoy then suppressed_type else sent_type end,
               created_at, client_id, user_id,
               case when decoy then suppressed_entry else sent_entry end
                 || case when user_id is null then '{}'::jsonb
                         else jsonb_build_object('user_id', user_id) end
          from input join person using (tenant_id, id)
      )
      select tenant_id, id, user_id, decoy from person`,
      )
      const byId = new Map(rows.map((row) => [`${row.tenant_id}\n${row.id}`, row]))
      return items.map((item) => {
        const row = byId.get(`${item.tenant_id}\n${item.id}`)
        if (row === undefined) throw new Error('a stored message was not returned')
        return { userId: row.user_id, decoy: row.decoy }
      })
    },
  }

/** A message without a code of a flow: a notice or a test. */
export type PlainMessage = Omit<
  ChallengedMessage,
  | 'code_hash'
  | 'phone_number'
  | 'allow_signup'
  | 'sent_log'
  | 'suppressed_log'
  | 'client_id'
  | 'connection'
> & { client_id: string | null; connection: string | null; user_id: string | null }

export const insertPlainMessage = (db: Db, message: PlainMessage) =>
  db.run(sql`
    insert into messages (tenant_id, id, state, message_type, flow, delivery_method,
      recipient_masked, recipient_hash, country, client_id, connection, user_id, locale, sealed,
      attempts_count, history, lease_owner, due_at, created_at, updated_at, expires_at)
    values (${message.tenant_id}, ${message.id}, ${message.state}, ${message.message_type},
      ${message.flow}, ${message.delivery_method}, ${message.recipient_masked},
      ${message.recipient_hash}, ${message.country}, ${message.client_id}, ${message.connection},
      ${message.user_id}, ${message.locale}, ${message.sealed},
      ${message.state === 'sending' ? 1 : 0},
      ${json([
        { state: 'queued', at: message.created_at },
        ...(message.state === 'sending'
          ? [{ state: 'sending', at: message.created_at, by: message.lease_owner }]
          : []),
      ])},
      ${message.lease_owner}, ${message.due_at}, ${message.created_at}, ${message.created_at},
      ${message.expires_at})`)

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
           and challenges.message_id = messages.id and challenges.consumed_at is null)) as live`,
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
  /** What the inbox shows, when the message ended there. */
  inbox: { sealed: Uint8Array } | null
}

const FinishedRow = Type.Object({ tenant_id: Type.String(), id: Type.String() })

/**
 * Records the end of a try, with its log entries and its inbox entry, in one statement. Only the node
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
    const input = items.map(({ logs: _, inbox, ...item }) => ({
      ...item,
      inbox_sealed: inbox === null ? null : hex(inbox.sealed),
    }))
    const logs = items.flatMap((item) => item.logs)
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
               due_at = input.due_at, updated_at = input.now, provider = input.provider,
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

const CallbackTargetRow = Type.Object({
  state: Type.String(),
  flow: Type.String(),
  message_type: Type.String(),
  recipient_masked: Type.String(),
  provider_message_id: Nullable(Type.String()),
  callback_rank: Type.Number(),
  client_id: Nullable(Type.String()),
  user_id: Nullable(Type.String()),
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

const StatusRow = Type.Object({
  state: Type.String(),
  decoy: Type.Boolean(),
  provider: Nullable(Type.String()),
  created_at: Type.Number(),
})

export const findMessageStatus = (db: Db, tenantId: string, id: string) =>
  db.first(
    StatusRow,
    sql`select ${columns(StatusRow)} from messages where tenant_id = ${tenantId} and id = ${id}`,
  )

const DepthRow = Type.Object({ depth: Type.Number() })

/** How many messages are not in a final state, for the metrics. */
export const countOpenMessages = async (db: Db): Promise<number> =>
  (
    await db.first(
      DepthRow,
      sql`select count(*) as depth from messages where state in ('queued', 'sending')`,
    )
  )?.depth ?? 0

/** How a message ended, for whoever waits for it. */
export const MessageOutcomeRow = Type.Object({
  state: Type.String(),
  cause: Nullable(MessageCause),
  attempts: Type.Array(MessageAttempt),
})
export type MessageOutcomeRow = Static<typeof MessageOutcomeRow>

export const findMessageOutcome = (db: Db, tenantId: string, id: string) =>
  db.first(
    MessageOutcomeRow,
    sql`select ${columns(MessageOutcomeRow)} from messages where tenant_id = ${tenantId} and id = ${id}`,
  )
