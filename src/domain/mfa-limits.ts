import { AppError } from '../base/app-error.ts'
import type { PhoneNumber } from '../base/phone-number.ts'
import type { MfaChannel } from '../contract/mfa.ts'
import type { Deps } from './deps.ts'
import { enforceLimits } from './limits.ts'
import { deliveryMethodOf } from './mfa-settings.ts'
import { enforcePhoneBackoff } from './phone-backoff.ts'
import { recipientHash } from './recipients.ts'
import type { Tenant } from './tenant.ts'
import { type LogEntry, loggedNumber } from './tenant-logs.ts'

/** Ten messages at once, then one an hour; texts and calls together. Source: authentication-api 0.7. */
const perUser = { count: 10, perS: 36_000 }

/** Wrong codes that a person has; one comes back after six minutes. Source: authentication-api 0.7. */
export const mfaGuessBudget = 10

/**
 * Counts a message of a second factor against the person's limit, then against those that any message
 * has. All processes count together.
 *
 * @throws AppError `too_many_attempts` for the person, `too_many_requests` for the others
 */
export async function enforceMfaLimits(
  deps: Deps,
  tenant: Tenant,
  to: {
    userId: string
    phone: PhoneNumber
    channel: MfaChannel
    clientId: string | null
    log: Omit<LogEntry, 'type'>
  },
): Promise<void> {
  const hash = recipientHash(tenant, to.phone.e164)
  try {
    await enforceLimits(deps, tenant, [{ key: `mfa-user:${to.userId}`, ...perUser }], () => ({
      ...to.log,
      type: 'gd_otp_rate_limit_exceed',
      description: 'Too many messages to one person',
    }))
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'too_many_requests') throw error
    throw new AppError('too_many_attempts', {
      ...error.details,
      message: 'Too many SMS sent by the user. Wait for some minutes before retrying.',
    })
  }
  const { number, application, country, tenant: all } = tenant.protection.phone
  const wanted: [string, { count: number; per_s: number } | null][] = [
    [`number:${hash.toString('base64url')}`, number],
    [`application:${to.clientId ?? 'none'}`, application],
    [`country:${to.phone.country ?? 'none'}`, country],
    ['tenant', all],
  ]
  const buckets = wanted.flatMap(([key, limit]) =>
    limit === null ? [] : [{ key, count: limit.count, perS: limit.per_s }],
  )
  const deliveryMethod = deliveryMethodOf(to.channel)
  await enforceLimits(deps, tenant, buckets, (bucket) => ({
    ...to.log,
    type: 'limit_phone',
    description: `Messages throttled by the limit "${bucket.key.split(':')[0]}"`,
    details: {
      delivery_method: deliveryMethod,
      type: 'default',
      trigger_time: new Date(deps.clock.now()).toISOString(),
      reset_time: new Date(Math.ceil(bucket.fullAt)).toISOString(),
      body: { phone_number: loggedNumber(to.phone.e164) },
    },
  }))
  await enforcePhoneBackoff(deps, tenant, { hash, deliveryMethod, log: to.log })
}
