import { AppError } from '../base/app-error.ts'
import type { PhoneNumber } from '../base/phone-number.ts'
import {
  type DeliveryMethod,
  deliveryMethods,
  type MessageType,
} from '../contract/notifications.ts'
import type { Deps } from './deps.ts'
import { enforceLimits } from './limits.ts'
import { messageRoute } from './message-route.ts'
import { messageOutcome, queueTestMessage } from './messages.ts'
import { parseRecipient } from './phone-policy.ts'
import { checkAction } from './phone-providers.ts'
import type { Tenant } from './tenant.ts'

/** What a test came to, as far as the caller waited. */
export type TestOutcome = {
  /** `queued` when it was still on its way. */
  outcome: string
  cause?: { code: string; text: string; hint: string }
  provider_error?: { code: string; message: string }
}

/**
 * Sends a test message through the tenant's provider, disabled or not: testing comes before enabling.
 * Ten in an hour for each administrator, because each one costs money and needs no one's consent.
 *
 * @param test.to any spelling, with or without the leading `+`
 * @param test.administrator the client that asks
 * @param test.waitMs how long to wait for the outcome; 0 returns once the message is queued
 * @returns undefined when the outcome was not asked for
 * @throws AppError `invalid_body`, `phone_template_without_provider`, `delivery_method_not_offered`,
 *   `custom_provider_action_missing` or `too_many_requests`
 */
export async function sendTestMessage(
  deps: Deps,
  tenant: Tenant,
  test: {
    type: MessageType
    to: string
    deliveryMethod?: DeliveryMethod | undefined
    administrator: string
    ip: string
    userAgent: string
    waitMs: number
  },
): Promise<TestOutcome | undefined> {
  const recipient = readRecipient(tenant, test.to)
  const deliveryMethod = chooseMethod(deps, tenant, test.deliveryMethod)
  if (tenant.phoneProvider !== undefined) await checkAction(deps, tenant, tenant.phoneProvider.name)
  const buckets = [{ key: `test-message:${test.administrator}`, count: 10, perS: 3600 }]
  await enforceLimits(deps, tenant, buckets, () => ({
    type: 'api_limit',
    description: 'Too many test messages',
    client_id: test.administrator,
    ip: test.ip,
    user_agent: test.userAgent,
  }))
  const id = await queueTestMessage(deps, tenant, {
    type: test.type,
    to: recipient.e164,
    country: recipient.country,
    deliveryMethod,
    ip: test.ip,
    userAgent: test.userAgent,
  })
  if (test.waitMs === 0) return undefined
  const outcome = await messageOutcome(deps, tenant, id, test.waitMs)
  if (outcome === undefined) return { outcome: 'queued' }
  const providerError = outcome.attempts.at(-1)?.provider_error
  return {
    outcome: outcome.state,
    ...(outcome.cause !== null && { cause: outcome.cause }),
    ...(providerError !== undefined && { provider_error: providerError }),
  }
}

function readRecipient(tenant: Tenant, to: string): PhoneNumber {
  const spelling = /^\s*(\+|00)/.test(to) ? to : `+${to.trim()}`
  try {
    return parseRecipient(tenant, spelling)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'bad_phone_number') throw error
    throw new AppError('invalid_body', {
      message: `Payload validation error: '${error.message}' on property to.`,
    })
  }
}

/** Text if offered, else voice; what is asked for must be offered. */
function chooseMethod(
  deps: Deps,
  tenant: Tenant,
  asked: DeliveryMethod | undefined,
): DeliveryMethod {
  const methods = asked === undefined ? deliveryMethods : [asked]
  for (const deliveryMethod of methods) {
    const route = messageRoute(deps, tenant, {
      ...{ flow: 'test' as const, connection: undefined, deliveryMethod },
    })
    if (route.to !== 'nowhere') return deliveryMethod
  }
  throw new AppError(
    tenant.phoneProvider === undefined
      ? 'phone_template_without_provider'
      : 'delivery_method_not_offered',
  )
}
