import type { DeliveryMethod } from '../contract/notifications.ts'
import type { PhoneExperience } from '../contract/phone-experience.ts'
import { listUsedConnections } from '../store/phone-providers.ts'
import { methodOf } from './delivery-methods.ts'
import type { Deps } from './deps.ts'
import { guardianFactors, phoneMessageTypes, selectedPhoneProvider } from './guardian-settings.ts'
import { connectionSender } from './legacy-sender.ts'
import { messageRoute, messageWay } from './message-route.ts'
import { mfaDeliveryProblem } from './mfa-message.ts'
import { identifiesByPhone } from './provider-uses.ts'
import type { Connection, Tenant } from './tenant.ts'

type Use = PhoneExperience['uses'][number]
type Banner = PhoneExperience['banners'][number]

/**
 * Where a tenant stands between the older phone settings and the unified experience, what its
 * administrator is asked for, and which uses of the phone work at this moment.
 */
export async function phoneExperience(deps: Deps, tenant: Tenant): Promise<PhoneExperience> {
  const consolidated = tenant.settings.phone_consolidated_experience === true
  const used = new Set((await listUsedConnections(deps.db, tenant.id)).map(({ name }) => name))
  const connections = tenant.connections.filter(({ name }) => used.has(name))
  const uses = [
    await mfaUse(deps, tenant),
    passwordlessUse(deps, tenant, connections),
    identifierUse(deps, tenant, connections),
  ].filter((use) => use !== undefined)
  return {
    experience: consolidated ? 'unified' : 'legacy',
    consolidated,
    may_switch: !consolidated || deps.options.legacyPhone === 'allow',
    banners: await banners(deps, tenant, uses),
    uses,
  }
}

async function mfaUse(deps: Deps, tenant: Tenant): Promise<Use | undefined> {
  const [factors, types] = await Promise.all([
    guardianFactors(deps, tenant),
    phoneMessageTypes(deps, tenant),
  ])
  if (factors.sms !== true || types.length === 0) return undefined
  const methods = types.map(methodOf)
  const problems = await Promise.all(
    methods.map((method) => mfaDeliveryProblem(deps, tenant, method)),
  )
  return use('mfa', methods, problems.find((problem) => problem !== undefined)?.text)
}

function passwordlessUse(
  deps: Deps,
  tenant: Tenant,
  connections: readonly Connection[],
): Use | undefined {
  const ofStrategy = connections.filter(({ strategy }) => strategy === 'sms')
  if (ofStrategy.length === 0) return undefined
  const problems = ofStrategy.flatMap((connection) => {
    const way = { flow: 'passwordless' as const, connection, deliveryMethod: 'text' as const }
    const route = messageRoute(deps, tenant, way)
    return route.to === 'nowhere' ? [`${connection.name}: ${route.cause.text}`] : []
  })
  return use('passwordless', ['text'], problems.join(' ') || undefined)
}

function identifierUse(
  deps: Deps,
  tenant: Tenant,
  connections: readonly Connection[],
): Use | undefined {
  if (!connections.some(identifiesByPhone)) return undefined
  const route = messageRoute(deps, tenant, {
    ...{ flow: 'identifier_verify', connection: undefined, deliveryMethod: 'text' },
  })
  return use('identifiers', ['text'], route.to === 'nowhere' ? route.cause.text : undefined)
}

const use = (name: Use['use'], methods: DeliveryMethod[], brokenBy: string | undefined): Use => ({
  ...{ use: name, methods, live: brokenBy === undefined },
  ...(brokenBy !== undefined && { broken_by: brokenBy }),
})

async function banners(deps: Deps, tenant: Tenant, uses: readonly Use[]): Promise<Banner[]> {
  const consolidated = tenant.settings.phone_consolidated_experience === true
  const provider = tenant.phoneProvider
  const methods = (provider?.configuration.delivery_methods ?? []) as readonly string[] // checked when written
  const passwordless = tenant.connections.filter(({ strategy }) => strategy === 'sms')
  const onProvider = (connection: Connection) =>
    messageWay(tenant, { flow: 'passwordless', connection }) === 'tenant'
  const gateways = passwordless.filter(
    (connection) => onProvider(connection) && connectionSender(connection)?.kind === 'sms_gateway',
  )
  const hasOlderMfa = (await selectedPhoneProvider(deps, tenant)) !== 'auth0'
  const hasOlder =
    hasOlderMfa || passwordless.some((connection) => connectionSender(connection) !== undefined)
  const all: (Banner | false)[] = [
    !consolidated && {
      id: 'B1',
      asks_for:
        provider === undefined
          ? 'One phone provider can serve the whole tenant: configure it, then switch over.'
          : 'The phone provider is configured: switch the tenant over to it.',
    },
    consolidated &&
      provider === undefined && {
        id: 'B2',
        asks_for: 'Configure a phone provider; phone factors cannot be set up before.',
      },
    consolidated &&
      hasOlder &&
      deps.options.legacyPhone === 'deny' && {
        id: 'B3',
        asks_for:
          'The older phone settings are closed on this server: ask its operator to open them.',
      },
    provider !== undefined &&
      uses.length > 0 && {
        id: 'B4',
        asks_for: `Disabling or deleting the phone provider can stop: ${uses.map((each) => each.use).join(', ')}.`,
      },
    provider !== undefined &&
      !methods.includes('text') &&
      passwordless.some(onProvider) && {
        id: 'B5',
        asks_for:
          'Add "text" to the delivery methods; passwordless sign-in does not work without it.',
      },
    consolidated &&
      gateways.length > 0 && {
        id: 'B6',
        asks_for: `The SMS gateway of ${gateways.map(({ name }) => name).join(', ')} is not used any more: move it into an Action.`,
      },
  ]
  return all.filter((banner) => banner !== false)
}
