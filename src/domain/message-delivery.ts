import { finishAttempt, type LeasedMessageRow } from '../store/message-leases.ts'
import type { End } from './delivery-end.ts'
import { tryDelivery } from './delivery-try.ts'
import type { Deps } from './deps.ts'
import { inboxSignal } from './inbox-signal.ts'
import type { LeasedMessage } from './leased-message.ts'
import { waitingLeaseShare } from './legacy-delivery.ts'
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

/** Where a new message starts that its reply waits for: with this node, for longer. */
export const placeForWaiting = (deps: Deps, now: number): { state: 'sending'; dueAt: number } => ({
  state: 'sending',
  dueAt: now + deps.options.leaseMs * waitingLeaseShare,
})

/** Delivers a leased message; the reply to whoever raised it does not wait. */
export function deliverInBackground(deps: Deps, tenant: Tenant, message: LeasedMessage): void {
  deps.background.run('deliver-message', () =>
    deps.deliveries.track(() => deliverMessage(deps, tenant, message)),
  )
}

/**
 * Delivers a leased message that its reply waits for.
 *
 * @returns what whoever waits is told went wrong; undefined when it left, or is still on its way
 */
export const deliverAndWait = (
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
): Promise<string | undefined> => deps.deliveries.track(() => deliverMessage(deps, tenant, message))

/**
 * Works on a leased message until this try has ended: first try, retry and takeover alike. Nothing
 * here is inside a transaction; the end is one statement, which fails silently when the lease was lost.
 *
 * @returns as `deliverAndWait`
 */
export async function deliverMessage(
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
): Promise<string | undefined> {
  const tried = await tryDelivery(deps, tenant, message)
  if (tried === 'interrupted') return 'The server stopped while the message was handed over.'
  const { end } = tried
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
  return tried.refusal
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
    executions: [],
    inbox: null,
    ...end,
  })
