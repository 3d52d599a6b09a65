import type { Notification } from '../contract/notifications.ts'
import { phoneProviderKind } from '../providers/index.ts'
import type { Delivery } from '../providers/phone-provider.ts'
import { dotCode, spellCode } from '../templates/voice.ts'
import { customPhoneProviderEvent } from './action-event.ts'
import type { Deps } from './deps.ts'
import type { LeasedMessage } from './leased-message.ts'
import { type ActionRun, runAction } from './run-action.ts'
import type { PhoneProvider, Tenant } from './tenant.ts'

/** The longest that this provider may take for one try; well below the lease. */
export const deliveryLimitMs = ({ name }: PhoneProvider): number => phoneProviderKind(name).limitMs

/** Hands one notification to the tenant's provider. Never throws: an outcome is a value. */
export async function handToProvider(
  deps: Deps,
  tenant: Tenant,
  provider: PhoneProvider,
  input: { message: LeasedMessage; notification: Notification },
): Promise<{ delivery: Delivery; run: ActionRun | undefined }> {
  const { message, notification } = input
  const kind = phoneProviderKind(provider.name)
  let run: ActionRun | undefined
  const runTenantAction = async () => {
    run = await runAction(deps, tenant, 'custom-phone-provider', {
      event: () => customPhoneProviderEvent(deps, tenant, message, notification),
      hidden: hiddenOf(notification),
      limitMs: () => Math.min(kind.limitMs, leaseLeftMs(deps, message)),
      about: concerned(message),
    })
    return run?.result
  }
  try {
    const delivery = await kind.send(
      notification,
      // Checked against the kind's schema when it was stored.
      { configuration: provider.configuration, credentials: provider.credentials },
      {
        fetch: deps.fetch,
        signal: AbortSignal.timeout(kind.limitMs),
        log: deps.log,
        twilioUrl: deps.options.twilioUrl,
        now: deps.clock.now(),
        runAction: runTenantAction,
        ...callbackUrl(deps, tenant, notification),
      },
    )
    return { delivery, run }
  } catch (error) {
    return { run, delivery: unexpectedEnd(deps, provider.name, error) }
  }
}

/** A provider threw, which none should: nobody knows whether the message left. */
export function unexpectedEnd(deps: Deps, provider: string, error: unknown): Delivery {
  deps.log.error({ err: error, provider }, 'a phone provider failed unexpectedly')
  return {
    outcome: 'unknown',
    cause: {
      code: 'result_unknown',
      text: 'The server failed while it handed the message over; it may have been sent.',
      hint: 'See the server log.',
    },
  }
}

/** Whom the log entries of a run name. */
export const concerned = ({ client_id, user_id }: LeasedMessage) => ({
  ...(client_id !== null && { client_id }),
  ...(user_id !== null && { user_id }),
})

/** How long a try may still take: its end has to be written before the lease is over. */
export const leaseLeftMs = (deps: Deps, { leased_until }: LeasedMessage): number =>
  leased_until - deps.clock.now() - deps.options.leaseMs * handingBackShare

const handingBackShare = 2 / 25

/** The number also as carriers want it, without its mark, and the code also as it is spoken. */
export const hiddenOf = ({ recipient, code }: Notification): string[] => [
  ...[recipient, recipient.slice(1)],
  ...(code === undefined ? [] : [code, spellCode(code).trim(), dotCode(code)]),
]

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
