import { setTimeout as sleep } from 'node:timers/promises'
import { randomDigits } from '../base/random.ts'
import type { DeliveryMethod, MessageType } from '../contract/notifications.ts'
import {
  findMessageOutcome,
  insertPlainMessage,
  type MessageOutcomeRow,
} from '../store/messages.ts'
import type { Deps } from './deps.ts'
import { resolveLocale } from './locale.ts'
import { deliverInBackground, placeForDelivery } from './message-delivery.ts'
import { newMessageId } from './message-id.ts'
import { type SealedMessage, sealMessage } from './message-seal.ts'
import { recipientHash } from './recipients.ts'
import type { Tenant } from './tenant.ts'
import { loggedNumber } from './tenant-logs.ts'

/** How long a test may wait in the table before it is pointless. */
const testLifetimeMs = 5 * 60_000

/**
 * Queues a test message: a dummy code that no flow accepts, because no challenge stands behind it.
 *
 * @param test.to E.164
 * @returns the row's id
 */
export async function queueTestMessage(
  deps: Deps,
  tenant: Tenant,
  test: {
    type: MessageType
    to: string
    country?: string | undefined
    deliveryMethod: DeliveryMethod
    ip: string
    userAgent: string
  },
): Promise<string> {
  const now = deps.clock.now()
  const id = newMessageId(deps)
  const place = placeForDelivery(deps, now)
  const hasCode = test.type !== 'blocked_account' && test.type !== 'password_breach'
  const secret: SealedMessage = {
    recipient: test.to,
    ...(hasCode && { code: randomDigits(deps.random, 6) }),
    request: { ip: test.ip, user_agent: test.userAgent, language: '' },
  }
  const row = {
    tenant_id: tenant.id,
    id,
    message_type: test.type,
    flow: 'test',
    delivery_method: test.deliveryMethod,
    recipient_masked: loggedNumber(test.to),
    recipient_hash: recipientHash(tenant, test.to),
    client_id: null,
    connection: null,
    user_id: null,
    locale: resolveLocale(tenant, []),
    created_at: now,
    expires_at: now + testLifetimeMs,
  }
  await insertPlainMessage(deps.db, {
    ...row,
    state: place.state,
    country: test.country ?? null,
    sealed: sealMessage(deps, tenant.id, id, secret),
    lease_owner: deps.nodeId,
    due_at: place.dueAt,
  })
  if (place.state === 'sending') {
    deliverInBackground(deps, tenant, {
      ...row,
      secret,
      decoy: false,
      attempts_count: 1,
      possible_duplicate: false,
      leased_until: place.dueAt,
    })
  }
  return id
}

const pollMs = 100

/**
 * Waits until a message is handed over or has failed.
 *
 * @returns its outcome, or undefined when `waitMs` ran out first
 */
export async function messageOutcome(
  deps: Deps,
  tenant: Tenant,
  id: string,
  waitMs: number,
): Promise<MessageOutcomeRow | undefined> {
  for (let waited = 0; ; waited += pollMs) {
    const outcome = await findMessageOutcome(deps.db, tenant.id, id)
    if (outcome !== undefined && outcome.state !== 'queued' && outcome.state !== 'sending') {
      return outcome
    }
    if (waited >= waitMs || deps.draining.aborted) return undefined
    await sleep(pollMs)
  }
}
