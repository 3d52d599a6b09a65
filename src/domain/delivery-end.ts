import type { Delivery, FailureCause } from '../providers/phone-provider.ts'
import type { FinishedAttempt } from '../store/message-leases.ts'
import type { TenantLogRow } from '../store/tenant-logs.ts'
import type { Deps } from './deps.ts'
import type { LeasedMessage } from './leased-message.ts'
import { failureLog, secondFactorLogs, warningLog } from './message-log-entries.ts'
import { retryDelayMs } from './retry-schedule.ts'
import type { ActionRun } from './run-action.ts'
import type { Tenant } from './tenant.ts'

/** How a node's work ends; what is not said is empty. */
export type End = Partial<FinishedAttempt> & Pick<FinishedAttempt, 'state'>

/** What the answer of a provider means for the message. */
export function readDelivery(
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
  const executions = run?.executions ?? []
  if (delivery.outcome === 'accepted') {
    before.push(...secondFactorLogs(deps, tenant, message))
    const id = delivery.providerMessageId
    return {
      state: 'accepted',
      provider_message_id: id ?? null,
      executions,
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
    const { cause } = delivery
    return { state: 'queued', due_at: now + delayMs, cause, attempt: tried, logs, executions }
  }
  logs.push(...secondFactorLogs(deps, tenant, message, delivery.cause))
  return { state: 'failed', cause: delivery.cause, attempt: tried, logs, executions }
}

/** What the entry of a failed try says: the reason of an Action, else a stable word. */
function errorTextOf(delivery: Exclude<Delivery, { outcome: 'accepted' }>): string {
  const { code, text } = delivery.cause
  if (code === 'action_retry' || code === 'action_drop') return text
  return delivery.providerError?.code ?? code
}

/** A message that nobody could be asked to take. */
export const failed = (
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
  cause: FailureCause,
): End => ({
  state: 'failed',
  cause,
  logs: [
    failureLog(deps, tenant, message, { error: cause.code, willRetry: false }),
    ...secondFactorLogs(deps, tenant, message, cause),
  ],
})

/** A message whose code died before a carrier took it. */
export const expired = (deps: Deps, tenant: Tenant, message: LeasedMessage): End =>
  failed(deps, tenant, message, {
    code: 'code_expired',
    text: 'The code died before the message could be handed over.',
    hint: 'See the attempts; the person may ask for a new code.',
  })

/** The record of one try; times in epoch milliseconds. */
export const attempt = (
  message: LeasedMessage,
  startedAt: number,
  endedAt: number,
  outcome: 'accepted' | 'retry' | 'permanent' | 'unknown',
) => ({ number: message.attempts_count, started_at: startedAt, ended_at: endedAt, outcome })
