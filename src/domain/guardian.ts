import { AppError } from '../base/app-error.ts'
import {
  type GuardianFactorName,
  type GuardianPolicies,
  type GuardianTemplates,
  type GuardianTwilio,
  guardianFactorNames,
  type PhoneMessageTypes,
  type SelectedPhoneProvider,
} from '../contract/guardian.ts'
import type { Db } from '../store/db.ts'
import { findPhoneProviderOfTenant } from '../store/phone-providers.ts'
import { findTenant } from '../store/tenants.ts'
import { checkTemplate } from '../templates/check-template.ts'
import { defaultMessages } from '../templates/messages/index.ts'
import { decideFactors } from './delivery-methods.ts'
import type { Deps } from './deps.ts'
import {
  guardianFactors,
  guardianPhoneSecrets,
  guardianTemplates,
  guardianTwilio,
  selectedPhoneProvider,
} from './guardian-settings.ts'
import type { Tenant } from './tenant.ts'
import { changeTenantDocument } from './tenant-documents.ts'
import { writeTenantLog } from './tenant-logs.ts'

/** Every factor, in the order of the original. */
export async function listGuardianFactors(deps: Deps, tenant: Tenant) {
  const enabled = await guardianFactors(deps, tenant)
  return guardianFactorNames.map((name) => ({
    ...{ name, enabled: enabled[name] === true, trial_expired: false },
  }))
}

/** Switches a factor; `sms` is the phone, by text or by call. */
export async function putGuardianFactor(
  deps: Deps,
  tenant: Tenant,
  name: GuardianFactorName,
  enabled: boolean,
): Promise<{ enabled: boolean }> {
  await changeTenantDocument(deps, tenant, 'guardian-factors', (before) => ({
    ...Object(before),
    [name]: enabled,
  }))
  await noteChange(deps, tenant, `Factor ${name} ${enabled ? 'enabled' : 'disabled'}`)
  return { enabled }
}

/**
 * How a phone may be reached as a second factor. On the unified experience each way needs a method of the
 * tenant's provider; without one, or with a disabled one, everything is accepted, because tools write this
 * before they make the provider.
 *
 * @throws AppError `message_type_unsupported`
 */
export async function putPhoneMessageTypes(
  deps: Deps,
  tenant: Tenant,
  { message_types }: PhoneMessageTypes,
): Promise<PhoneMessageTypes> {
  await changeGuardianPhone(deps, tenant, async (before, tx) => {
    // Both as of the lock: a change of the provider or of the switch at the same moment comes before or after.
    const now = await findTenant(tx, tenant.id)
    const provider = await findPhoneProviderOfTenant(tx, tenant.id)
    if (now?.settings.phone_consolidated_experience === true && provider?.disabled === false) {
      const methods = provider.configuration.delivery_methods as readonly string[] // checked when written
      if (decideFactors(message_types, methods).action !== 'none') {
        throw new AppError('message_type_unsupported')
      }
    }
    return { ...before, message_types }
  })
  await noteChange(deps, tenant, 'Phone message types changed')
  return { message_types }
}

/** When a second factor is asked for. */
export async function putGuardianPolicies(
  deps: Deps,
  tenant: Tenant,
  policies: GuardianPolicies,
): Promise<GuardianPolicies> {
  await changeTenantDocument(deps, tenant, 'guardian-policies', () => policies)
  await noteChange(deps, tenant, 'Policies changed')
  return policies
}

/**
 * The older settings of MFA's phone are closed while the unified experience is on; what stands in them is
 * kept.
 *
 * @throws AppError `legacy_mfa_phone_provider_not_allowed`
 */
export function assertLegacyMfaPhone(tenant: Tenant): void {
  if (tenant.settings.phone_consolidated_experience !== true) return
  throw new AppError('legacy_mfa_phone_provider_not_allowed')
}

export const getSelectedPhoneProvider = async (
  deps: Deps,
  tenant: Tenant,
): Promise<SelectedPhoneProvider> => ({ provider: await selectedPhoneProvider(deps, tenant) })

export async function putSelectedPhoneProvider(
  deps: Deps,
  tenant: Tenant,
  { provider }: SelectedPhoneProvider,
): Promise<SelectedPhoneProvider> {
  await changeGuardianPhone(deps, tenant, (before) => ({ ...before, provider }))
  await noteChange(deps, tenant, 'Phone provider of MFA selected')
  return { provider }
}

/** Empty when it was never set; else with every member. */
export async function getGuardianTwilio(deps: Deps, tenant: Tenant): Promise<GuardianTwilio> {
  const stored = await guardianTwilio(deps, tenant)
  if (Object.keys(stored).length === 0) return {}
  return { from: null, messaging_service_sid: null, auth_token: null, sid: null, ...stored }
}

/** Replaces the account; the answer holds what was sent. */
export async function putGuardianTwilio(
  deps: Deps,
  tenant: Tenant,
  twilio: GuardianTwilio,
): Promise<GuardianTwilio> {
  await changeGuardianPhone(deps, tenant, (before) => ({ ...before, twilio }))
  await noteChange(deps, tenant, 'Twilio account of MFA changed')
  return twilio
}

/** The default texts where the tenant has none: an empty answer confuses clients. */
export async function getGuardianTemplates(deps: Deps, tenant: Tenant): Promise<GuardianTemplates> {
  const stored = await guardianTemplates(deps, tenant)
  if (stored !== undefined) return stored
  const legacy = (text: string) =>
    text.replaceAll('{{ friendly_name }}', '{{ tenant.friendly_name }}')
  return {
    enrollment_message: legacy(defaultMessages.otp_enroll.text),
    verification_message: legacy(defaultMessages.otp_verify.text),
  }
}

/** @throws AppError `invalid_body` when a text is no Liquid */
export async function putGuardianTemplates(
  deps: Deps,
  tenant: Tenant,
  templates: GuardianTemplates,
): Promise<GuardianTemplates> {
  for (const [member, source] of Object.entries(templates)) {
    const check = checkTemplate(source)
    if (check.ok) continue
    throw new AppError('invalid_body', { message: `Invalid ${member} template: ${check.reason}` })
  }
  await changeGuardianPhone(deps, tenant, (before) => ({ ...before, templates }))
  await noteChange(deps, tenant, 'Phone templates of MFA changed')
  return templates
}

/** Changes the document that holds all of MFA's phone settings, under the tenant's lock. */
const changeGuardianPhone = (
  deps: Deps,
  tenant: Tenant,
  change: (
    before: Record<string, unknown>,
    tx: Db,
  ) => Record<string, unknown> | Promise<Record<string, unknown>>,
) =>
  changeTenantDocument(
    ...([deps, tenant, 'guardian-phone'] as const),
    (before, tx) => change(Object(before), tx),
    guardianPhoneSecrets,
  )

const noteChange = (deps: Deps, tenant: Tenant, description: string): Promise<void> =>
  writeTenantLog(deps, tenant, { type: 'gd_tenant_update', description })
