import type { DeliveryMethod } from '../contract/notifications.ts'
import type { MessageCause } from '../store/message-outcome.ts'
import type { Deps } from './deps.ts'
import type { PhoneProvider, Tenant } from './tenant.ts'

/** Where a tenant's messages go at this moment. */
export type MessageRoute =
  | { to: 'provider'; provider: PhoneProvider }
  | { to: 'inbox' }
  | { to: 'nowhere'; cause: MessageCause }

/**
 * The one place that decides where a message goes: through the tenant's provider when it offers the
 * method, to the inbox when there is no provider at all, else nowhere. A disabled provider never falls
 * back to the inbox (product ruling 12); tests of a provider come before enabling it.
 */
export function messageRoute(
  deps: Pick<Deps, 'options'>,
  tenant: Tenant,
  message: { deliveryMethod: DeliveryMethod; test: boolean },
): MessageRoute {
  const provider = tenant.phoneProvider
  if (provider === undefined) {
    if (deps.options.inbox) return { to: 'inbox' }
    return nowhere('provider_not_available', 'The tenant has no phone provider.', 'Configure one.')
  }
  if (provider.disabled && !message.test) {
    return nowhere('phone_provider_disabled', 'The phone provider is disabled.', 'Enable it.')
  }
  const methods = provider.configuration.delivery_methods as readonly string[]
  if (!methods.includes(message.deliveryMethod)) {
    return nowhere(
      'delivery_method_not_offered',
      `The phone provider does not deliver by ${message.deliveryMethod}.`,
      `Add "${message.deliveryMethod}" to its delivery methods.`,
    )
  }
  return { to: 'provider', provider }
}

const nowhere = (code: string, text: string, hint: string): MessageRoute => ({
  to: 'nowhere',
  cause: { code, text, hint },
})
