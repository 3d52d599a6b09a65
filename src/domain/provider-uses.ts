import { AppError } from '../base/app-error.ts'
import type { Db } from '../store/db.ts'
import { listUsedConnections } from '../store/phone-providers.ts'
import { insertTenantLog } from '../store/tenant-logs.ts'
import { findTenant } from '../store/tenants.ts'
import { decideDelivery, type PhoneMessageType } from './delivery-methods.ts'
import type { Deps } from './deps.ts'
import { guardianPhoneSecrets } from './guardian-settings.ts'
import { messageWay } from './message-route.ts'
import type { Connection, Tenant } from './tenant.ts'
import { documentIn, putDocumentIn } from './tenant-documents.ts'
import { tenantLogRow } from './tenant-logs.ts'

/** What sends through the tenant's phone provider. */
export type ProviderUses = {
  /** Passwordless connections, by name. */
  connections: readonly string[]
  /** Ways of MFA by phone; empty while its factor is off or follows its older settings. */
  factors: readonly PhoneMessageType[]
  /** Database connections whose people sign in with their number, by name. */
  identifiers: readonly string[]
}

/** The uses as a database handle sees them; the options of connections are those of the snapshot. */
export async function usesOnProvider(deps: Deps, db: Db, tenant: Tenant): Promise<ProviderUses> {
  const [row, used, factors, phone] = [
    await findTenant(db, tenant.id),
    await listUsedConnections(db, tenant.id),
    Object((await documentIn(deps, db, tenant.id, 'guardian-factors')) ?? {}),
    Object((await documentIn(deps, db, tenant.id, 'guardian-phone')) ?? {}),
  ]
  const settings = row?.settings ?? tenant.settings
  const named = (name: string) => tenant.connections.find((connection) => connection.name === name)
  const sends = (connection: Connection | undefined) =>
    messageWay({ settings }, { flow: 'passwordless', connection }) === 'tenant'
  const mfa = messageWay({ settings }, { flow: 'mfa_challenge', connection: undefined })
  return {
    connections: used
      .filter(({ name, strategy }) => strategy === 'sms' && sends(named(name)))
      .map(({ name }) => name),
    factors: mfa === 'tenant' && factors.sms === true ? (phone.message_types ?? []) : [],
    identifiers: used.filter(({ name }) => identifiesByPhone(named(name))).map(({ name }) => name),
  }
}

/** Whether people of a database connection sign in with their number. */
export function identifiesByPhone(connection: Connection | undefined): boolean {
  if (connection?.strategy !== 'auth0') return false
  const attributes = Object(connection.options.attributes)
  return Object(Object(attributes.phone_number).identifier).active === true
}

/**
 * Holds the provider's new methods against what uses it, inside of the transaction that changes them and
 * under the tenant's lock: message types of MFA are narrowed to what is left, and a use that would be left
 * with nothing refuses the change.
 *
 * @throws AppError `phone_delivery_methods_in_use`, with `factors` naming the uses
 */
export async function fitUses(
  deps: Deps,
  tx: Db,
  tenant: Tenant,
  configuration: Readonly<Record<string, unknown>>,
): Promise<void> {
  const methods = (configuration.delivery_methods ?? []) as readonly string[] // the schema's matter
  const uses = await usesOnProvider(deps, tx, tenant)
  const passwordless = uses.connections.length > 0
  const decision = decideDelivery({ factors: uses.factors, passwordless }, methods)
  if (decision.action !== 'none') {
    throw new AppError('phone_delivery_methods_in_use', {
      message: `Delivery methods of the phone provider are in use. ${decision.hint}`,
      members: { factors: [...uses.factors, ...(passwordless ? ['passwordless'] : [])] },
    })
  }
  if (decision.factors.length === uses.factors.length) return
  const name = 'guardian-phone'
  const before = Object(await documentIn(deps, tx, tenant.id, name))
  await putDocumentIn(deps, tx, tenant.id, {
    ...{ name, value: { ...before, message_types: decision.factors } },
    secret: guardianPhoneSecrets,
  })
  await insertTenantLog(
    tx,
    tenantLogRow(deps, tenant, {
      type: 'gd_tenant_update',
      description: `Phone message types narrowed to ${decision.factors.join(', ')}, as the phone provider offers`,
      details: { message_types: { before: uses.factors, after: decision.factors } },
    }),
  )
}
