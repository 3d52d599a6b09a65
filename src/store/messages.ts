import { type Static, Type } from 'typebox'
import { byteaText } from './bytea-text.ts'
import type { BatchKind, Db } from './db.ts'
import { MessageAttempt, MessageCause } from './message-outcome.ts'
import { type MessageUserRow, provedFactor } from './message-users.ts'
import { nullableColumn } from './nullable-column.ts'
import { columns, json, sql } from './sql.ts'
import type { TenantLogRow } from './tenant-logs.ts'

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
  /** Whether the caller is told of the user all that there is. */
  wants_user: boolean
  /** Written when the message is to be sent, and when it is not. */
  sent_log: TenantLogRow
  suppressed_log: TenantLogRow
}

const StartedRow = Type.Object({
  tenant_id: Type.String(),
  id: Type.String(),
  user_id: nullableColumn(Type.String()),
  decoy: Type.Boolean(),
  account: nullableColumn(Type.Unsafe<MessageUserRow>({})),
})

/** What became of a message that was asked for; `user` is undefined where nobody wanted it, or is nobody. */
export type StoredMessage = {
  userId: string | null
  decoy: boolean
  user: MessageUserRow | undefined
}

/**
 * Stores a code with its message and log entry in one statement, which also cancels a waiting message
 * of the number's former code and finds out whether anything may be sent at all: to a blocked user, or
 * to a stranger where sign-up is off, the message is a decoy. Known and unknown numbers take the same
 * path through the same statement.
 */
export const insertChallengedMessage = (db: Db, message: ChallengedMessage) =>
  db.batch(challengedMessages, message)

const challengedMessages: BatchKind<ChallengedMessage, StoredMessage> = {
  name: 'challenged-messages',
  maxItems: 100,
  maxInFlight: 3,
  keyOf: (item) => `${item.tenant_id}\n${item.connection}\n${byteaText(item.recipient_hash)}`,
  async run(db, items) {
    const input = items.map(({ sent_log, suppressed_log, ...item }) => ({
      ...item,
      recipient_hash: byteaText(item.recipient_hash),
      sealed: byteaText(item.sealed),
      code_hash: byteaText(item.code_hash),
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
          allow_signup boolean, wants_user boolean, log_id text, sent_type text, sent_entry jsonb,
          suppressed_type text, suppressed_entry jsonb)
         order by tenant_id, connection, recipient_hash
      ), person as materialized (
        select input.tenant_id, input.id, found.user_id,
               coalesce(found.blocked, false) or (found.user_id is null and not input.allow_signup)
                 as decoy, found.account
          from input left join lateral (
            select user_id, blocked, case when input.wants_user then to_jsonb(users)
                     || jsonb_build_object('has_factor', ${provedFactor}) end as account
              from users
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
           -- Written so that only the primary key fits: the index of open messages would be scanned whole.
           and case messages.state when 'queued' then true else false end
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
      select tenant_id, id, user_id, decoy, account from person`,
    )
    const byId = new Map(rows.map((row) => [`${row.tenant_id}\n${row.id}`, row]))
    return items.map((item) => {
      const row = byId.get(`${item.tenant_id}\n${item.id}`)
      if (row === undefined) throw new Error('a stored message was not returned')
      return { userId: row.user_id, decoy: row.decoy, user: row.account ?? undefined }
    })
  },
}

/** A message without a code of a flow: a notice or a test. */
export type PlainMessage = Omit<
  ChallengedMessage,
  | 'code_hash'
  | 'phone_number'
  | 'allow_signup'
  | 'wants_user'
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

const StatusRow = Type.Object({
  state: Type.String(),
  decoy: Type.Boolean(),
  provider: nullableColumn(Type.String()),
  connection: nullableColumn(Type.String()),
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
  cause: nullableColumn(MessageCause),
  attempts: Type.Array(MessageAttempt),
})
export type MessageOutcomeRow = Static<typeof MessageOutcomeRow>

export const findMessageOutcome = (db: Db, tenantId: string, id: string) =>
  db.first(
    MessageOutcomeRow,
    sql`select ${columns(MessageOutcomeRow)} from messages where tenant_id = ${tenantId} and id = ${id}`,
  )
