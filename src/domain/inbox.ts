import { AppError } from '../base/app-error.ts'
import { parsePhoneNumber } from '../base/phone-number.ts'
import type { InboxMessage } from '../contract/inbox.ts'
import { type InboxMessageRow, listInboxMessages } from '../store/inbox-messages.ts'
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
  const find = () => listInboxMessages(deps.db, tenant.id, filter)
  const rows = query.waitMs > 0 ? await waitForRows(deps, tenant, query, find) : await find()
  return rows.map((row) => openInboxMessage(deps, tenant, row.id, row.sealed))
}

/** Looks again and again until there is something, nobody waits any more, or the time is over. */
async function waitForRows(
  deps: Deps,
  tenant: Tenant,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
  find: () => Promise<InboxMessageRow[]>,
): Promise<InboxMessageRow[]> {
  // Not `AbortSignal.any` over a timeout: nothing else holds that timeout, and collected it never fires.
  const patience = new AbortController()
  const end = () => patience.abort()
  const timer = setTimeout(end, Math.min(waitMs, longestWaitMs))
  const sources = [signal, deps.draining]
  for (const source of sources) {
    if (source.aborted) end()
    source.addEventListener('abort', end)
  }
  try {
    for (;;) {
      const ended = patience.signal.aborted
      // Before the look, so that what arrives while the look is under way ends the sleep.
      const sleep = inboxSignal(deps).wait(tenant.id, pollMs, patience.signal)
      const rows = await find()
      if (rows.length > 0 || ended) return rows
      await sleep
    }
  } finally {
    end()
    clearTimeout(timer)
    for (const source of sources) source.removeEventListener('abort', end)
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
