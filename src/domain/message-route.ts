import type { DeliveryMethod, Flow } from '../contract/notifications.ts'
import type { MessageCause } from '../store/message-outcome.ts'
import type { Deps } from './deps.ts'
import { connectionSender, type LegacySender } from './legacy-sender.ts'
import type { Connection, PhoneProvider, Tenant } from './tenant.ts'

/** Whose settings a message follows: the tenant's, its connection's own, or the older ones of MFA. */
export type MessageWay = 'tenant' | 'connection' | 'guardian'

/** Where a message goes at this moment. */
export type MessageRoute =
  | { to: 'provider'; provider: PhoneProvider }
  | { to: 'inbox' }
  | { to: 'connection'; connection: Connection; sender: LegacySender }
  | { to: 'guardian' }
  | { to: 'nowhere'; cause: MessageCause }

type Routed = { flow: Flow; connection: Connection | undefined }

/**
 * The table of who sends what, by the tenant's switch and the one of the connection:
 *
 * | consolidated | `use_phone_provider` | MFA      | passwordless by SMS                              | others |
 * |--------------|----------------------|----------|--------------------------------------------------|--------|
 * | false        | false, absent        | guardian | connection                                       | tenant |
 * | false        | true                 | guardian | tenant                                           | tenant |
 * | true         | true, absent         | tenant   | tenant                                           | tenant |
 * | true         | false                | tenant   | connection if it has a sender, else tenant       | tenant |
 */
export function messageWay(
  tenant: Pick<Tenant, 'settings'>,
  { flow, connection }: Routed,
): MessageWay {
  const consolidated = tenant.settings.phone_consolidated_experience === true
  if (flow === 'mfa_enroll' || flow === 'mfa_challenge') {
    return consolidated ? 'tenant' : 'guardian'
  }
  if (flow !== 'passwordless') return 'tenant'
  const chosen = connection?.options.use_phone_provider
  if (chosen === true || chosen === 'unified') return 'tenant'
  if (!consolidated) return 'connection'
  const hasSender = connection !== undefined && connectionSender(connection) !== undefined
  return chosen === false && hasSender ? 'connection' : 'tenant'
}

/**
 * The one place that decides where a message goes. On the tenant's way: through its provider when that
 * offers the method, to the inbox when there is no provider at all, else nowhere. A disabled provider
 * never falls back to the inbox (product ruling 12); tests of a provider come before enabling it.
 */
export function messageRoute(
  deps: Pick<Deps, 'options'>,
  tenant: Pick<Tenant, 'settings' | 'phoneProvider'>,
  message: Routed & { deliveryMethod: DeliveryMethod },
): MessageRoute {
  const way = messageWay(tenant, message)
  if (way === 'guardian') return { to: 'guardian' }
  if (way === 'connection') {
    const { connection } = message
    const sender = connection && connectionSender(connection)
    if (connection !== undefined && sender !== undefined) {
      return { to: 'connection', connection, sender }
    }
    return withoutProvider(deps, tenant, {
      code: 'legacy_provider_missing',
      text: 'The connection has no SMS provider of its own.',
      hint: "Set Twilio or a gateway on the connection, or let it use the tenant's phone provider.",
    })
  }
  const provider = tenant.phoneProvider
  if (provider === undefined) {
    return withoutProvider(deps, tenant, {
      code: 'provider_not_available',
      text: 'The tenant has no phone provider.',
      hint: 'Configure one.',
    })
  }
  if (provider.disabled && message.flow !== 'test') {
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

/** Nobody is there to send: the inbox, where it is on and the tenant has no provider at all. */
export const withoutProvider = (
  { options }: Pick<Deps, 'options'>,
  tenant: Pick<Tenant, 'phoneProvider'>,
  cause: MessageCause,
): { to: 'inbox' } | { to: 'nowhere'; cause: MessageCause } =>
  options.inbox && tenant.phoneProvider === undefined ? { to: 'inbox' } : { to: 'nowhere', cause }

/** The connection that a stored message names; its row keeps the name. */
export const connectionNamed = (tenant: Tenant, name: string | null): Connection | undefined =>
  tenant.connections.find((connection) => connection.name === name)

const nowhere = (code: string, text: string, hint: string): MessageRoute => ({
  to: 'nowhere',
  cause: { code, text, hint },
})
