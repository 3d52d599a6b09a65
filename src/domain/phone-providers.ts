import { isDeepStrictEqual } from 'node:util'
import { AppError } from '../base/app-error.ts'
import { randomAlphanumeric } from '../base/random.ts'
import type {
  PhoneProviderConfiguration,
  PhoneProviderCreate,
  PhoneProviderCredentials,
  PhoneProviderName,
  PhoneProviderPatch,
  PhoneProviderView,
} from '../contract/phone-providers.ts'
import {
  deletePhoneProvider,
  findPhoneProviderOfTenant,
  insertPhoneProvider,
  lockPhoneProvider,
  type PhoneProviderRow,
  updatePhoneProvider,
} from '../store/phone-providers.ts'
import { lockTenant } from '../store/tenants.ts'
import { deployedAction } from './deployed-action.ts'
import type { Deps } from './deps.ts'
import { fitUses, usesOnProvider } from './provider-uses.ts'
import { open, seal } from './sealing.ts'
import type { Tenant } from './tenant.ts'

/** The tenant's provider as a list of none or one. */
export async function listPhoneProviders(
  deps: Deps,
  tenant: Tenant,
  filter: { disabled?: boolean | undefined },
): Promise<PhoneProviderView[]> {
  const row = await findPhoneProviderOfTenant(deps.db, tenant.id)
  if (row === undefined) return []
  if (filter.disabled !== undefined && row.disabled !== filter.disabled) return []
  return [viewOf(row)]
}

/** @throws AppError `notification_not_found` */
export async function getPhoneProvider(
  deps: Deps,
  tenant: Tenant,
  id: string,
): Promise<PhoneProviderView> {
  const row = await findPhoneProviderOfTenant(deps.db, tenant.id)
  if (row === undefined || row.id !== id) throw new AppError('notification_not_found')
  return viewOf(row)
}

/**
 * Gives the tenant its phone provider. There is one at most: sign-in, MFA and notices share it.
 *
 * @throws AppError `invalid_body`, `notification_bad_operation`, `custom_provider_action_missing`,
 *   `phone_delivery_methods_in_use` or `phone_provider_exists`
 */
export async function createPhoneProvider(
  deps: Deps,
  tenant: Tenant,
  input: PhoneProviderCreate,
): Promise<PhoneProviderView> {
  const configuration = input.configuration ?? {}
  checkCredentials(input.name, input.credentials)
  checkConfiguration(input.name, configuration)
  await checkAction(deps, tenant, input.name)
  const id = `pro_${randomAlphanumeric(deps.random, 22)}`
  const now = deps.clock.now()
  const row: PhoneProviderRow = {
    tenant_id: tenant.id,
    id,
    name: input.name,
    disabled: input.disabled ?? false,
    configuration,
    sealed_credentials: sealCredentials(deps, tenant, id, input.credentials),
    sealed_previous_credentials: null,
    credentials_changed_at: now,
    created_at: now,
    updated_at: now,
  }
  await deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    if (!row.disabled) await fitUses(deps, tx, tenant, configuration)
    if ((await insertPhoneProvider(tx, row)) === 0) throw new AppError('phone_provider_exists')
  })
  return viewOf(row)
}

/**
 * Changes a provider. `configuration` is replaced as a whole; without `credentials` the stored ones
 * stay. The former credentials are kept beside new ones, for reports that the carrier still signs with
 * them.
 *
 * @throws AppError `notification_not_found`, `invalid_body`, `notification_bad_operation`,
 *   `custom_provider_action_missing` or `phone_delivery_methods_in_use`
 */
export async function updatePhoneProviderOf(
  deps: Deps,
  tenant: Tenant,
  id: string,
  patch: PhoneProviderPatch,
): Promise<PhoneProviderView> {
  // Outside of the transaction: it may ask the database on its own.
  if (patch.name !== undefined) await checkAction(deps, tenant, patch.name)
  return deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    const before = await lockPhoneProvider(tx, tenant.id, id)
    if (before === undefined) throw new AppError('notification_not_found')
    // Only names of the list are ever stored.
    const name = patch.name ?? (before.name as PhoneProviderName)
    const configuration = patch.configuration ?? before.configuration
    const now = deps.clock.now()
    const row = { ...before, name, configuration, updated_at: now }
    row.disabled = patch.disabled ?? before.disabled

    const stored = openCredentials(deps, tenant, before)
    const credentials = patch.credentials ?? stored
    checkCredentials(name, credentials)
    checkConfiguration(name, configuration)
    if (!isDeepStrictEqual(credentials, stored)) {
      row.sealed_credentials = sealCredentials(deps, tenant, id, credentials)
      row.sealed_previous_credentials = before.sealed_credentials
      row.credentials_changed_at = now
    }
    if (!row.disabled) await fitUses(deps, tx, tenant, configuration)
    await updatePhoneProvider(tx, row)
    return viewOf(row)
  })
}

/** @throws AppError `notification_not_found` */
export async function removePhoneProvider(deps: Deps, tenant: Tenant, id: string): Promise<void> {
  if ((await deletePhoneProvider(deps.db, tenant.id, id)) === 0) {
    throw new AppError('notification_not_found')
  }
}

/**
 * What stops working when the tenant has no working provider: in words for the administrator, because
 * disabling and deleting succeed all the same.
 */
export async function usesOfPhoneProvider(deps: Deps, tenant: Tenant): Promise<string[]> {
  const uses = await usesOnProvider(deps, deps.db, tenant)
  return [
    ...uses.connections.map((name) => `passwordless connection ${name}`),
    ...uses.factors.map((type) => `MFA by ${type}`),
    ...uses.identifiers.map((name) => `phone identifiers of connection ${name}`),
  ]
}

/**
 * A provider that is the tenant's own code needs that code.
 *
 * @throws AppError `custom_provider_action_missing`
 */
export async function checkAction(deps: Deps, tenant: Tenant, name: string): Promise<void> {
  if (name !== 'custom') return
  const action = await deployedAction(deps, tenant, 'custom-phone-provider')
  if (action === undefined) throw new AppError('custom_provider_action_missing')
}

/** Account and methods are the schema's matter; a sender is a rule with an answer of its own. */
function checkConfiguration(
  name: PhoneProviderName,
  configuration: PhoneProviderConfiguration,
): void {
  const { sid, default_from, mssid, delivery_methods } = configuration
  const members = { ...(name === 'twilio' && { sid }), delivery_methods }
  const isEmpty = Object.keys(configuration).length === 0
  for (const [member, value] of Object.entries(members)) {
    if (value === undefined && !isEmpty) throw missing(member, 'configuration')
  }
  if (isEmpty) throw new AppError('notification_bad_operation')
  if (name === 'twilio' && !default_from && !mssid) {
    throw new AppError('notification_bad_operation')
  }
}

function checkCredentials(name: PhoneProviderName, credentials: PhoneProviderCredentials): void {
  if (name === 'twilio' && credentials.auth_token === undefined) {
    throw missing('auth_token', 'credentials')
  }
}

const missing = (member: string, parent: string) =>
  new AppError('invalid_body', {
    message: `Payload validation error: 'Missing required property: ${member}' on property ${parent}.`,
  })

const sealCredentials = (
  deps: Deps,
  tenant: Tenant,
  id: string,
  credentials: PhoneProviderCredentials,
) => seal(deps, tenant.id, 'provider-credentials', id, JSON.stringify(credentials))

const openCredentials = (
  deps: Deps,
  tenant: Tenant,
  row: PhoneProviderRow,
): PhoneProviderCredentials =>
  JSON.parse(
    open(deps, tenant.id, 'provider-credentials', row.id, row.sealed_credentials).toString(),
  )

const viewOf = (row: PhoneProviderRow): PhoneProviderView => ({
  id: row.id,
  tenant: row.tenant_id,
  name: row.name as PhoneProviderName, // only names of the list are ever stored
  channel: 'phone',
  disabled: row.disabled,
  configuration: row.configuration as PhoneProviderView['configuration'], // checked when written
  created_at: new Date(row.created_at).toISOString(),
  updated_at: new Date(row.updated_at).toISOString(),
})
