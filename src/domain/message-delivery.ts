import { setTimeout as sleep } from 'node:timers/promises'
import { randomFraction } from '../base/random.ts'
import type { DeliveryMethod, MessageType, Notification } from '../contract/notifications.ts'
import type { Delivery } from '../providers/phone-provider.ts'
import {
  type FinishedAttempt,
  finishAttempt,
  type LeasedMessageRow,
} from '../store/message-leases.ts'
import type { TenantLogRow } from '../store/tenant-logs.ts'
import type { Deps } from './deps.ts'
import { sealInboxMessage } from './inbox-seal.ts'
import { inboxSignal } from './inbox-signal.ts'
import type { LeasedMessage } from './leased-message.ts'
import { wireMessageId } from './message-id.ts'
import { renderMessage } from './message-rendering.ts'
import { messageRoute } from './message-route.ts'
import { deliveryLimitMs, handToProvider } from './provider-delivery.ts'
import { retryDelayMs } from './retry-schedule.ts'
import type { ActionRun } from './run-action.ts'
import type { Tenant } from './tenant.ts'
import { type LogEntry, tenantLogRow } from './tenant-logs.ts'

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

/** How a node's work ends; what is not said is empty. */
type End = Partial<FinishedAttempt> & Pick<FinishedAttempt, 'state'>

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

function readDelivery(
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
  end: {
    delivery: Delivery
    /** Of a provider that is the tenant's own code. */
    run: ActionRun | undefined
    startedAt: number
    warnings: TenantLogRow[]
  },
): End {
  const { delivery, run, startedAt } = end
  const now = deps.clock.now()
  const before = [...end.warnings, ...(run?.entries ?? [])]
  if (delivery.outcome === 'accepted') {
    const id = delivery.providerMessageId
    return {
      state: 'accepted',
      provider_message_id: id ?? null,
      attempt: {
        ...attempt(message, startedAt, now, 'accepted'),
        ...(id !== undefined && { provider_message_id: id }),
      },
      logs:
        delivery.warning === undefined
          ? before
          : [...before, warningLog(deps, tenant, message, delivery.warning)],
    }
  }
  const tried = {
    ...attempt(message, startedAt, now, delivery.outcome),
    ...(delivery.providerError !== undefined && { provider_error: delivery.providerError }),
  }
  const delayMs =
    delivery.outcome === 'retry' && message.flow !== 'test'
      ? retryDelayMs(deps, {
          attempts: message.attempts_count,
          maxAttempts: delivery.maxAttempts,
          retryAfterS: delivery.retryAfterS,
          now,
          expiresAt: message.expires_at,
        })
      : undefined
  const log = failureLog(deps, tenant, message, {
    error: errorTextOf(delivery),
    willRetry: delayMs !== undefined,
    ...(delayMs !== undefined && run !== undefined && { nextAttemptAt: now + delayMs }),
    ...(run !== undefined && { run }),
  })
  const logs = [...before, log]
  if (delayMs !== undefined) {
    return { state: 'queued', due_at: now + delayMs, cause: delivery.cause, attempt: tried, logs }
  }
  return { state: 'failed', cause: delivery.cause, attempt: tried, logs }
}

/** What the entry of a failed try says: the reason of an Action, else a stable word. */
function errorTextOf(delivery: Exclude<Delivery, { outcome: 'accepted' }>): string {
  const { code, text } = delivery.cause
  if (code === 'action_retry' || code === 'action_drop') return text
  return delivery.providerError?.code ?? code
}

/** A message whose code died before a carrier took it. */
function expired(deps: Deps, tenant: Tenant, message: LeasedMessage): End {
  const code = 'code_expired'
  return {
    state: 'failed',
    cause: {
      code,
      text: 'The code died before the message could be handed over.',
      hint: 'See the attempts; the person may ask for a new code.',
    },
    logs: [failureLog(deps, tenant, message, { error: code, willRetry: false })],
  }
}

const attempt = (
  message: LeasedMessage,
  startedAt: number,
  endedAt: number,
  outcome: 'accepted' | 'retry' | 'permanent' | 'unknown',
) => ({ number: message.attempts_count, started_at: startedAt, ended_at: endedAt, outcome })

/** What every entry about a message says of it. */
const about = (message: LeasedMessage): Omit<LogEntry, 'type'> => ({
  ...(message.client_id !== null && { client_id: message.client_id }),
  ...(message.connection !== null && { connection: message.connection }),
  ...(message.user_id !== null && { user_id: message.user_id }),
})

function failureLog(
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
  failure: { error: string; willRetry: boolean; nextAttemptAt?: number; run?: ActionRun },
): TenantLogRow {
  return tenantLogRow(deps, tenant, {
    type: 'fn',
    description: `To: ${message.recipient_masked}`,
    ...about(message),
    details: {
      notification_type: message.message_type,
      notification_id: wireMessageId(message.id),
      email_type: message.message_type,
      to: message.recipient_masked,
      error: failure.error,
      attempt: message.attempts_count,
      will_retry: failure.willRetry,
      ...(failure.nextAttemptAt !== undefined && {
        next_attempt_at: new Date(failure.nextAttemptAt).toISOString(),
      }),
      ...(failure.run !== undefined && {
        ...(failure.run.executionId !== undefined && { execution_id: failure.run.executionId }),
        actions: { logs: failure.run.logs },
      }),
    },
  })
}

const warningLog = (
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
  warning: string,
): TenantLogRow =>
  tenantLogRow(deps, tenant, {
    type: 'wn',
    ...about(message),
    details: {
      notification_type: message.message_type,
      notification_channel: 'phone',
      to: message.recipient_masked,
      warning,
    },
  })
