import { setTimeout as sleep } from 'node:timers/promises'
import { randomFraction } from '../base/random.ts'
import type { DeliveryMethod, MessageType, Notification } from '../contract/notifications.ts'
import { finishAttempt, type LeasedMessageRow } from '../store/message-leases.ts'
import { attempt, type End, expired, readDelivery } from './delivery-end.ts'
import type { Deps } from './deps.ts'
import { sealInboxMessage } from './inbox-seal.ts'
import { inboxSignal } from './inbox-signal.ts'
import type { LeasedMessage } from './leased-message.ts'
import { wireMessageId } from './message-id.ts'
import { failureLog, warningLog } from './message-log-entries.ts'
import { renderMessage } from './message-rendering.ts'
import { messageRoute } from './message-route.ts'
import { deliveryLimitMs, handToProvider } from './provider-delivery.ts'
import type { Tenant } from './tenant.ts'

/**
 * Where a new message starts: leased by this node, which delivers it at once, or waiting in the table
 * for any node when this one is busy enough.
 */
export function placeForDelivery(
  deps: Deps,
  now: number,
): { state: 'sending' | 'queued'; dueAt: number } {
  const busy = deps.draining.aborted || deps.deliveries.running >= deps.options.maxDeliveries
  return busy
    ? { state: 'queued', dueAt: now }
    : { state: 'sending', dueAt: now + deps.options.leaseMs }
}

/** Delivers a leased message; the reply to whoever raised it does not wait. */
export function deliverInBackground(deps: Deps, tenant: Tenant, message: LeasedMessage): void {
  deps.background.run('deliver-message', () =>
    deps.deliveries.track(() => deliverMessage(deps, tenant, message)),
  )
}

/**
 * Works on a leased message until this try has ended: first try, retry and takeover alike. Nothing
 * here is inside a transaction; the end is one statement, which fails silently when the lease was lost.
 */
export async function deliverMessage(
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
): Promise<void> {
  const end = await tryDelivery(deps, tenant, message)
  if (end === 'interrupted') return
  await finish(deps, message, end)
  if (end.inbox != null) inboxSignal(deps).notify(tenant.id)
  if (end.provider != null) {
    deps.metrics.message({
      provider: end.provider,
      type: message.message_type,
      outcome: end.state === 'queued' ? 'retry' : end.state,
    })
    if (end.state === 'accepted' || end.state === 'delivered') {
      deps.metrics.acceptance(end.provider, deps.clock.now() - message.created_at)
    }
  }
}

/** Ends a leased message whose code was replaced or used: nothing is sent. */
export const cancelledMessage = (deps: Deps, row: LeasedMessageRow): Promise<boolean> =>
  finish(deps, row, {
    state: 'cancelled',
    cause: {
      code: 'superseded',
      text: 'The code was used, or a newer one was asked for.',
      hint: 'Nothing to do.',
    },
  })

/** How long a message that cannot be opened waits for a node that has the key. */
const unreadableRetryMs = 5000

/** Leaves a leased message that this node cannot open to other nodes, as long as its code lives. */
export function unreadableMessage(deps: Deps, row: LeasedMessageRow): Promise<boolean> {
  const now = deps.clock.now()
  return finish(deps, row, {
    state: row.expires_at <= now ? 'failed' : 'queued',
    due_at: Math.min(now + unreadableRetryMs, row.expires_at),
    cause: {
      code: 'message_unreadable',
      text: 'The message is sealed with a master key that the server does not have.',
      hint: 'Name the former key too: TRUNKLINE_SECRET_KEY=NEW,OLD.',
    },
  })
}

const finish = (
  deps: Deps,
  { tenant_id, id, attempts_count }: Pick<LeasedMessageRow, 'tenant_id' | 'id' | 'attempts_count'>,
  end: End,
): Promise<boolean> =>
  finishAttempt(deps.db, {
    tenant_id,
    id,
    owner: deps.nodeId,
    number: attempts_count,
    now: deps.clock.now(),
    due_at: 0,
    provider: null,
    provider_message_id: null,
    cause: null,
    attempt: null,
    logs: [],
    inbox: null,
    ...end,
  })

/** @returns `interrupted` when the lease has to run out: this node stops and knows no result */
async function tryDelivery(
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
): Promise<End | 'interrupted'> {
  const startedAt = deps.clock.now()
  if (message.decoy) {
    // As much work as a message that leaves, or the load would tell which numbers are decoys.
    await renderMessage(deps, tenant, message)
    // And as late: where a carrier would be asked now, its answer would be waited for.
    const deliveryMethod = message.delivery_method as DeliveryMethod // as below
    if (messageRoute(deps, tenant, { deliveryMethod, test: false }).to === 'provider') {
      await sleep(50 + 200 * randomFraction(deps.random))
    }
    return {
      state: 'dropped',
      cause: {
        code: 'suppressed',
        text: 'The user is blocked, or is new where sign-up is off: nothing was sent.',
        hint: 'Unblock the user or allow sign-up on the connection.',
      },
    }
  }
  if (message.expires_at <= startedAt) return expired(deps, tenant, message)

  // The words of the columns are these by construction: only this program writes them.
  const deliveryMethod = message.delivery_method as DeliveryMethod
  const test = message.flow === 'test'
  const route = messageRoute(deps, tenant, { deliveryMethod, test })
  if (route.to === 'nowhere') {
    return {
      state: 'failed',
      cause: route.cause,
      logs: [failureLog(deps, tenant, message, { error: route.cause.code, willRetry: false })],
    }
  }
  const rendered = await renderMessage(deps, tenant, message)
  if (rendered === 'disabled') {
    const code = 'template_disabled'
    return {
      state: 'failed',
      cause: { code, text: 'The message template is disabled.', hint: 'Enable the template.' },
      logs: [failureLog(deps, tenant, message, { error: code, willRetry: false })],
    }
  }
  const notification: Notification = {
    id: wireMessageId(message.id),
    message_type: message.message_type as MessageType,
    delivery_method: deliveryMethod,
    recipient: message.secret.recipient,
    locale: message.locale,
    ...rendered.content,
    ...(message.secret.code !== undefined && {
      code: message.secret.code,
      expires_at: message.expires_at,
    }),
  }
  const warnings = rendered.warnings.map((text) => warningLog(deps, tenant, message, text))

  if (route.to === 'inbox') {
    const at = deps.clock.now()
    return {
      state: 'delivered',
      provider: 'inbox',
      attempt: attempt(message, startedAt, at, 'accepted'),
      logs: warnings,
      inbox: {
        sealed: sealInboxMessage(deps, tenant, message.id, notification, message.created_at),
      },
    }
  }
  const limitMs = deliveryLimitMs(route.provider)
  if (!leaseCoversCarrier(deps, message, limitMs))
    return { state: 'queued', due_at: deps.clock.now() }
  const { delivery, run } = await handToProvider(deps, tenant, route.provider, {
    message,
    notification,
  })
  if (run?.interrupted === true) return 'interrupted'
  return {
    provider: route.provider.name,
    ...readDelivery(deps, tenant, message, { delivery, run, startedAt, warnings }),
  }
}

/**
 * Whether the lease lasts as long as a carrier may take to answer. It may not, when the database took
 * long to store the message or to say so: another node may have it already. A lease that is shorter
 * than usual leaves the same share of it.
 */
const leaseCoversCarrier = (
  deps: Deps,
  { leased_until }: LeasedMessage,
  limitMs: number,
): boolean => {
  const { leaseMs } = deps.options
  const share = limitMs / usualLeaseMs
  return deps.clock.now() + Math.min(limitMs, share * leaseMs) <= leased_until
}

const usualLeaseMs = 25_000
