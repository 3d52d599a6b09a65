import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'
import { tenantDocument } from './tenant-documents.ts'

/** The members of the document `guardian-phone` that are sealed. */
export const guardianPhoneSecrets: readonly string[] = ['twilio']

type GuardianPhone = {
  message_types?: ('sms' | 'voice')[]
  provider?: 'auth0' | 'twilio' | 'phone-message-hook'
  twilio?: {
    sid?: string | null
    auth_token?: string | null
    from?: string | null
    messaging_service_sid?: string | null
  }
  templates?: { enrollment_message: string; verification_message: string }
}

const guardianPhone = async (deps: Deps, tenant: Tenant): Promise<GuardianPhone> =>
  Object((await tenantDocument(deps, tenant, 'guardian-phone')) ?? {}) as GuardianPhone // checked when written

/** What sends the messages of MFA while the tenant is on the older settings. */
export const selectedPhoneProvider = async (deps: Deps, tenant: Tenant) =>
  (await guardianPhone(deps, tenant)).provider ?? 'auth0'

/** MFA's own Twilio account; empty when it was never set. */
export const guardianTwilio = async (deps: Deps, tenant: Tenant) =>
  (await guardianPhone(deps, tenant)).twilio ?? {}

/** MFA's own texts; undefined where the default ones are meant. */
export const guardianTemplates = async (deps: Deps, tenant: Tenant) =>
  (await guardianPhone(deps, tenant)).templates

/** The factors that the tenant has enabled, in the names of `/guardian/factors`. */
export const guardianFactors = async (
  deps: Deps,
  tenant: Tenant,
): Promise<Readonly<Record<string, boolean | undefined>>> =>
  Object((await tenantDocument(deps, tenant, 'guardian-factors')) ?? {}) as Record<string, boolean> // checked when written

/** How a phone may be reached as a second factor. */
export const phoneMessageTypes = async (
  deps: Deps,
  tenant: Tenant,
): Promise<readonly ('sms' | 'voice')[]> => (await guardianPhone(deps, tenant)).message_types ?? []

/** When a second factor is asked for; empty: never. */
export const guardianPolicies = async (
  deps: Deps,
  tenant: Tenant,
): Promise<readonly ('all-applications' | 'confidence-score')[]> =>
  ((await tenantDocument(deps, tenant, 'guardian-policies')) ?? []) as (
    | 'all-applications'
    | 'confidence-score'
  )[] // checked when written
