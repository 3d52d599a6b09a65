import { AppError } from '../base/app-error.ts'
import { clearPhoneBackoff, takePhoneBackoff } from '../store/phone-backoffs.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'
import { type LogEntry, writeTenantLog } from './tenant-logs.ts'

const isOn = ({ protection }: Tenant): boolean => protection.phone_provider?.type === 'exponential'

/**
 * The phone provider protection of type `exponential`: a number gets its next message only after a pause
 * that doubles with each one, until somebody proves to have it. Does nothing for other tenants.
 *
 * @param to.hash of `recipientHash`
 * @param to.log what the entry about a refusal says besides
 * @throws AppError `too_many_requests` with `retryAfterS`
 */
export async function enforcePhoneBackoff(
  deps: Deps,
  tenant: Tenant,
  to: { hash: Uint8Array; deliveryMethod: 'text' | 'voice'; log: Omit<LogEntry, 'type'> },
): Promise<void> {
  if (!isOn(tenant)) return
  const now = deps.clock.now()
  const { granted, nextAt } = await takePhoneBackoff(deps.db, tenant.id, to.hash, now)
  if (granted) return
  deps.background.run('limit-log', () =>
    writeTenantLog(deps, tenant, {
      ...to.log,
      type: 'limit_phone',
      description: 'Messages to this number are sent with growing pauses',
      details: {
        delivery_method: to.deliveryMethod,
        type: 'exponential',
        trigger_time: new Date(now).toISOString(),
        reset_time: new Date(nextAt).toISOString(),
        ...to.log.details,
      },
    }),
  )
  throw new AppError('too_many_requests', {
    retryAfterS: Math.max(1, Math.ceil((nextAt - now) / 1000)),
  })
}

/** After a right code: the next message may go at once. */
export async function endPhoneBackoff(deps: Deps, tenant: Tenant, hash: Uint8Array): Promise<void> {
  if (isOn(tenant)) await clearPhoneBackoff(deps.db, tenant.id, hash)
}
