import type { TenantLogRow } from '../store/tenant-logs.ts'
import type { Deps } from './deps.ts'
import type { LeasedMessage } from './leased-message.ts'
import { wireMessageId } from './message-id.ts'
import type { ActionRun } from './run-action.ts'
import type { Tenant } from './tenant.ts'
import { type LogEntry, tenantLogRow } from './tenant-logs.ts'

/** What every entry about a message says of it. */
const about = (message: LeasedMessage): Omit<LogEntry, 'type'> => ({
  ...(message.client_id !== null && { client_id: message.client_id }),
  ...(message.connection !== null && { connection: message.connection }),
  ...(message.user_id !== null && { user_id: message.user_id }),
})

/** A failed try: `fn`. `nextAttemptAt` in epoch milliseconds. */
export function failureLog(
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

/** Whether a message is a second factor's, which has log entries of its own. */
export const isSecondFactor = ({ flow }: { flow: string }): boolean =>
  flow === 'mfa_enroll' || flow === 'mfa_challenge'

/** A message of a second factor that left, or failed for good; none for other messages. */
export function secondFactorLogs(
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
  failure?: { code: string; text: string },
): TenantLogRow[] {
  if (!isSecondFactor(message)) return []
  const channel = message.delivery_method === 'voice' ? 'voice' : 'sms'
  const error = failure && { errorCode: failure.code, message: failure.text }
  return [
    tenantLogRow(deps, tenant, {
      type: failure === undefined ? `gd_send_${channel}` : `gd_send_${channel}_failure`,
      description: `To: ${message.recipient_masked}`,
      ...about(message),
      details: {
        authenticator: { type: channel, phone_number: message.recipient_masked },
        notification_id: wireMessageId(message.id),
        ...(error !== undefined && { provider_error: error, failure_details: error }),
      },
    }),
  ]
}

/** Something odd that did not stop the message: `wn`. */
export const warningLog = (
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
