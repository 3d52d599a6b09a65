import { AppError } from '../base/app-error.ts'
import { parsePhoneNumber } from '../base/phone-number.ts'
import type { PhoneMessageDetails, PhoneMessageView } from '../contract/messages.ts'
import {
  findMessage,
  findScanEnd,
  listMessages,
  type MessageFilter,
  type MessageHistoryRow,
} from '../store/message-history.ts'
import type { Deps } from './deps.ts'
import { readWireMessageId, wireMessageId } from './message-id.ts'
import { recipientHash } from './recipients.ts'
import type { Tenant } from './tenant.ts'

/** Rows that one page looks at when a filter has no index. */
const scannedRows = 20_000
/** Greater than every id. */
const lastId = 'g'

/** What a list of messages is narrowed by; times in epoch ms. */
export type MessageHistoryQuery = {
  recipient?: string | undefined
  state?: string | undefined
  messageType?: string | undefined
  provider?: string | undefined
  createdAfter?: number | undefined
  createdBefore?: number | undefined
  /** The position that the former page returned. */
  before?: string | undefined
  take: number
}

/**
 * The tenant's messages, newest first, with the position to go on from. A page may hold fewer than
 * `take` and still have a next one: each page looks at a bounded number of rows.
 *
 * @throws AppError `invalid_query_string` for a recipient that is no number
 */
export async function listMessageHistory(
  deps: Deps,
  tenant: Tenant,
  query: MessageHistoryQuery,
): Promise<{ messages: PhoneMessageView[]; next: string | undefined }> {
  const createdBefore =
    query.createdBefore === undefined ? lastId : idAt(Math.ceil(query.createdBefore))
  const [beforeId = lastId] = [query.before ?? lastId, createdBefore].sort()
  const filter: MessageFilter = {
    // The first id of the following millisecond is greater than every id of this one.
    afterId: query.createdAfter === undefined ? '' : idAt(Math.floor(query.createdAfter) + 1),
    beforeId,
    recipientHash: query.recipient === undefined ? undefined : hashOf(tenant, query.recipient),
    state: query.state,
    messageType: query.messageType,
    provider: query.provider,
  }
  const rows = await listMessages(deps.db, tenant.id, filter, {
    scan: scannedRows,
    take: query.take + 1,
  })
  const shown = rows.slice(0, query.take)
  const next =
    rows.length > query.take
      ? shown.at(-1)?.id
      : (await findScanEnd(deps.db, tenant.id, filter, scannedRows))?.id
  return { messages: shown.map((row) => viewOf(row)), next }
}

/**
 * One message with its attempts.
 *
 * @param wireId `ntf_…`
 * @throws AppError `message_not_found`
 */
export async function getMessageHistory(
  deps: Deps,
  tenant: Tenant,
  wireId: string,
): Promise<PhoneMessageDetails> {
  const id = readWireMessageId(wireId)
  const row = id === undefined ? undefined : await findMessage(deps.db, tenant.id, id)
  if (row === undefined) throw new AppError('message_not_found')
  return {
    ...viewOf(row),
    attempts: row.attempts.map(({ started_at, ended_at, ...attempt }) => ({
      ...attempt,
      started_at: isoTime(started_at),
      ended_at: isoTime(ended_at),
    })),
  }
}

/** The smallest id that a message of this millisecond can have. */
const idAt = (time: number): string =>
  Math.min(Math.max(time, 0), 0xfff_ffff_ffff).toString(16).padStart(11, '0')

const isoTime = (time: number): string => new Date(time).toISOString()

function hashOf(tenant: Tenant, recipient: string): Buffer {
  const spelling = recipient.trim()
  // A `+` that was not encoded arrives as a blank.
  const phone = parsePhoneNumber(/^(\+|00)/.test(spelling) ? spelling : `+${spelling}`)
  if (phone === undefined) {
    throw new AppError('invalid_query_string', {
      message: "Query validation error: 'Not a phone number in E.164' on property recipient.",
    })
  }
  return recipientHash(tenant, phone.e164)
}

const viewOf = (row: MessageHistoryRow): PhoneMessageView => ({
  id: wireMessageId(row.id),
  message_type: row.message_type,
  flow: row.flow,
  delivery_method: row.delivery_method,
  recipient: row.recipient_masked,
  recipient_hash: Buffer.from(row.recipient_hash).toString('hex'),
  country: row.country,
  provider: row.provider,
  state: row.state,
  possible_duplicate: row.possible_duplicate,
  attempts_count: row.attempts_count,
  cause: row.cause,
  client_id: row.client_id,
  ...(row.user_id !== null && { user_id: row.user_id }),
  connection: row.connection,
  created_at: isoTime(row.created_at),
  updated_at: isoTime(row.updated_at),
  expires_at: isoTime(row.expires_at),
})
