import { AppError } from '../base/app-error.ts'
import { parsePhoneNumber } from '../base/phone-number.ts'
import type { InboxMessage } from '../contract/inbox.ts'
import { listInboxMessages } from '../store/inbox-messages.ts'
import type { Deps } from './deps.ts'
import { openInboxMessage } from './inbox-seal.ts'
import { inboxSignal } from './inbox-signal.ts'
import { recipientHash } from './recipients.ts'
import type { Tenant } from './tenant.ts'

/** How long a waiting request sleeps before it looks for messages that another process stored. */
const pollMs = 300
const longestWaitMs = 30_000

/**
 * The tenant's inbox, newest first. With `waitMs` an empty answer is held until a message matches or
 * the time is over; what is there already is answered at once (product ruling 37).
 *
 * @param query.recipient any spelling of an international number
 * @param query.after only messages newer than this id, whoever they are for
 * @param query.waitMs at most 30 s
 * @param query.signal aborts when nobody waits any more
 * @throws AppError `inbox_off`, `invalid_query_string`
 */
export async function listInbox(
  deps: Deps,
  tenant: Tenant,
  query: {
    recipient?: string
    after?: string
    waitMs: number
    take: number
    signal: AbortSignal
  },
): Promise<InboxMessage[]> {
  if (!deps.options.inbox) throw new AppError('inbox_off')
  const filter = {
    after: query.after ?? '',
    recipientHash:
      query.recipient === undefined ? undefined : hashOfSpelling(tenant, query.recipient),
    take: query.take,
  }
  const patience = AbortSignal.any([
    query.signal,
    deps.draining,
    AbortSignal.timeout(Math.min(query.waitMs, longestWaitMs)),
  ])
  const mayWait = query.waitMs > 0
  for (;;) {
    const ended = !mayWait || patience.aborted
    // Before the look, so that what arrives while the look is under way ends the sleep.
    const sleep = ended ? undefined : inboxSignal(deps).wait(tenant.id, pollMs, patience)
    const rows = await listInboxMessages(deps.db, tenant.id, filter)
    if (rows.length > 0 || sleep === undefined) {
      return rows.map((row) => openInboxMessage(deps, tenant, row.id, row.sealed))
    }
    await sleep
  }
}

/** A `+` that was not encoded arrives as a blank. */
function hashOfSpelling(tenant: Tenant, recipient: string): Buffer {
  const spelling = recipient.trim()
  const phone = parsePhoneNumber(/^(\+|00)/.test(spelling) ? spelling : `+${spelling}`)
  if (phone === undefined) {
    throw new AppError('invalid_query_string', {
      message: "Query validation error: 'Not a phone number in E.164' on property recipient.",
    })
  }
  return recipientHash(tenant, phone.e164)
}
