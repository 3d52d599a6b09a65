import { type Static, Type } from 'typebox'
import type { Db } from './db.ts'
import { MessageAttempt, MessageCause } from './message-outcome.ts'
import { nullableColumn } from './nullable-column.ts'
import { columns, sql } from './sql.ts'

/** A row of `messages` as its history shows it: nothing that is sealed. */
export const MessageHistoryRow = Type.Object({
  id: Type.String(),
  state: Type.String(),
  message_type: Type.String(),
  flow: Type.String(),
  delivery_method: Type.String(),
  recipient_masked: Type.String(),
  recipient_hash: Type.Unsafe<Uint8Array>({}),
  country: nullableColumn(Type.String()),
  provider: nullableColumn(Type.String()),
  client_id: nullableColumn(Type.String()),
  connection: nullableColumn(Type.String()),
  user_id: nullableColumn(Type.String()),
  attempts_count: Type.Number(),
  attempts: Type.Array(MessageAttempt),
  possible_duplicate: Type.Boolean(),
  cause: nullableColumn(MessageCause),
  created_at: Type.Number(),
  updated_at: Type.Number(),
  expires_at: Type.Number(),
})
export type MessageHistoryRow = Static<typeof MessageHistoryRow>

export type MessageFilter = {
  /** Ids in this range, both ends excluded. */
  afterId: string
  beforeId: string
  recipientHash: Uint8Array | undefined
  state: string | undefined
  messageType: string | undefined
  provider: string | undefined
}

/**
 * Messages newest first. Ranges and recipient are read by index; the other filters look at the newest
 * `scan` rows of the range and no further, so a rare state costs no walk through the whole history.
 */
export const listMessages = (
  db: Db,
  tenantId: string,
  filter: MessageFilter,
  { scan, take }: { scan: number; take: number },
) =>
  db.rows(
    MessageHistoryRow,
    sql`
    select ${columns(MessageHistoryRow)} from (
      select ${columns(MessageHistoryRow)} from messages where ${range(tenantId, filter)}
       order by id desc limit ${scan}) scanned
     where (${filter.state ?? null}::text is null or state = ${filter.state ?? null})
       and (${filter.messageType ?? null}::text is null
            or message_type = ${filter.messageType ?? null})
       and (${filter.provider ?? null}::text is null or provider = ${filter.provider ?? null})
     order by id desc limit ${take}`,
  )

const IdRow = Type.Object({ id: Type.String() })

/** The last row that a list with this `scan` looks at; undefined when it reaches the oldest one. */
export const findScanEnd = (db: Db, tenantId: string, filter: MessageFilter, scan: number) =>
  db.first(
    IdRow,
    sql`
    select id from messages where ${range(tenantId, filter)}
     order by id desc offset ${scan - 1} limit 1`,
  )

function range(tenantId: string, filter: MessageFilter) {
  const recipient =
    filter.recipientHash === undefined ? sql`` : sql`and recipient_hash = ${filter.recipientHash}`
  return sql`
    tenant_id = ${tenantId} and id > ${filter.afterId} and id < ${filter.beforeId} ${recipient}`
}

export const findMessage = (db: Db, tenantId: string, id: string) =>
  db.first(
    MessageHistoryRow,
    sql`
    select ${columns(MessageHistoryRow)} from messages
     where tenant_id = ${tenantId} and id = ${id}`,
  )

const LastEndRow = Type.Object({
  cause: nullableColumn(MessageCause),
  attempts: Type.Array(MessageAttempt),
  updated_at: Type.Number(),
})

/** How many of a tenant's newest messages are looked through for the last of a connection. */
const lookedThrough = 200

/** The newest message of a connection that a provider took or refused; undefined when there is none. */
export const findLastEnd = (
  db: Db,
  wanted: { tenantId: string; connection: string; provider: string },
) =>
  db.first(
    LastEndRow,
    sql`
    select cause, attempts, updated_at
      from (select * from messages where tenant_id = ${wanted.tenantId}
             order by id desc limit ${lookedThrough}) as newest
     where connection = ${wanted.connection} and provider = ${wanted.provider} and not decoy
       and flow = 'passwordless' and state in ('accepted', 'delivered', 'failed')
     order by id desc limit 1`,
  )
