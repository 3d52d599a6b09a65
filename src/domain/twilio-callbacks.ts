import {
  readTwilioCallStatus,
  readTwilioMessageStatus,
  verifyTwilioSignature,
} from '../providers/twilio-callbacks.ts'
import { applyCallback, findCallbackTarget } from '../store/message-reports.ts'
import type { Deps } from './deps.ts'
import { readWireMessageId } from './message-id.ts'
import { isSecondFactor } from './message-log-entries.ts'
import type { Tenant } from './tenant.ts'
import { writeTenantLog } from './tenant-logs.ts'

/** How long the former auth token still signs. */
const formerTokenMs = 86_400_000

/**
 * Takes a status report of Twilio: checks the signature against the address that was given to Twilio,
 * then moves the message when the report ranks higher than what is known. Reports may come twice, in
 * any order, and before our own record of the acceptance.
 */
export async function applyTwilioCallback(
  deps: Deps,
  tenant: Tenant,
  report: {
    kind: 'messages' | 'calls'
    /** `ntf_…` */
    id: string
    params: URLSearchParams
    signature: string
  },
): Promise<'applied' | 'unchanged' | 'forbidden' | 'unknown'> {
  const now = deps.clock.now()
  const authTokens = authTokensOf(tenant, now)
  const url = `${tenant.url}/callbacks/twilio/${report.kind}/${report.id}`
  const { params, signature } = report
  if (!verifyTwilioSignature({ authTokens, url, params, signature })) {
    deps.log.warn({ tenant: tenant.id }, 'a status report had a wrong signature')
    return 'forbidden'
  }
  const id = readWireMessageId(report.id)
  const message = id === undefined ? undefined : await findCallbackTarget(deps.db, tenant.id, id)
  const status =
    report.kind === 'messages' ? readTwilioMessageStatus(params) : readTwilioCallStatus(params)
  if (id === undefined || message === undefined) return 'unknown'
  const known = message.provider_message_id
  if (known !== null && known !== status.providerMessageId) return 'unknown'
  if (status.state === 'ignored') return 'unchanged'

  const cause = status.cause ?? null
  const moved = await applyCallback(deps.db, {
    tenantId: tenant.id,
    id,
    rank: status.rank,
    state: status.state,
    providerMessageId: status.providerMessageId,
    cause,
    now,
  })
  if (moved === 0) return 'unchanged'
  if (status.state === 'failed') {
    await writeTenantLog(deps, tenant, {
      type: 'fn',
      description: `To: ${message.recipient_masked}`,
      ...(message.client_id !== null && { client_id: message.client_id }),
      ...(message.user_id !== null && { user_id: message.user_id }),
      details: {
        notification_type: message.message_type,
        notification_id: report.id,
        email_type: message.message_type,
        to: message.recipient_masked,
        error: cause?.code ?? 'undelivered',
        will_retry: false,
      },
    })
    if (isSecondFactor(message)) {
      const channel = report.kind === 'calls' ? 'voice' : 'sms'
      const error = { errorCode: cause?.code ?? 'undelivered', message: cause?.text ?? '' }
      await writeTenantLog(deps, tenant, {
        type: `gd_send_${channel}_failure`,
        description: `To: ${message.recipient_masked}`,
        ...(message.client_id !== null && { client_id: message.client_id }),
        ...(message.user_id !== null && { user_id: message.user_id }),
        details: {
          authenticator: { type: channel, phone_number: message.recipient_masked },
          notification_id: report.id,
          ...{ provider_error: error, failure_details: error },
        },
      })
    }
  }
  deps.metrics.message({
    provider: 'twilio',
    type: message.message_type,
    outcome: status.state === 'accepted' ? 'reported' : status.state,
  })
  return 'applied'
}

function authTokensOf(tenant: Tenant, now: number): string[] {
  const provider = tenant.phoneProvider
  if (provider === undefined || provider.name !== 'twilio') return []
  const former =
    now - provider.credentialsChangedAt < formerTokenMs ? provider.previousCredentials : undefined
  return [provider.credentials.auth_token, former?.auth_token].filter(
    (token): token is string => typeof token === 'string' && token !== '',
  )
}
