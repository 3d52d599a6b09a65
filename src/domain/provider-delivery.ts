import type { Notification } from '../contract/notifications.ts'
import { phoneProviderKind } from '../providers/index.ts'
import type { Delivery } from '../providers/phone-provider.ts'
import type { Deps } from './deps.ts'
import type { PhoneProvider, Tenant } from './tenant.ts'

/** The longest that a carrier may take to answer; well below the lease. */
export const carrierTimeoutMs = 10_000

/** Hands one notification to the tenant's provider. Never throws: an outcome is a value. */
export async function handToProvider(
  deps: Deps,
  tenant: Tenant,
  provider: PhoneProvider,
  notification: Notification,
): Promise<Delivery> {
  try {
    return await phoneProviderKind(provider.name).send(
      notification,
      // Checked against the kind's schema when it was stored.
      { configuration: provider.configuration, credentials: provider.credentials },
      {
        fetch: deps.fetch,
        signal: AbortSignal.timeout(carrierTimeoutMs),
        log: deps.log,
        twilioUrl: deps.options.twilioUrl,
        now: deps.clock.now(),
        ...callbackUrl(deps, tenant, notification),
      },
    )
  } catch (error) {
    deps.log.error({ err: error, provider: provider.name }, 'a phone provider failed unexpectedly')
    return {
      outcome: 'unknown',
      cause: {
        code: 'result_unknown',
        text: 'The server failed while it handed the message over; it may have been sent.',
        hint: 'See the server log.',
      },
    }
  }
}

/** Only where the carrier can reach us; Twilio refuses host names with an underscore. */
function callbackUrl(
  deps: Deps,
  tenant: Tenant,
  notification: Notification,
): { callbackUrl?: string } {
  if (!deps.options.callbacks || new URL(tenant.url).hostname.includes('_')) return {}
  const kind = notification.delivery_method === 'voice' ? 'calls' : 'messages'
  return { callbackUrl: `${tenant.url}/callbacks/twilio/${kind}/${notification.id}` }
}
