import { AppError } from '../base/app-error.ts'
import type { TenantSettingsPatch } from '../contract/tenant-settings.ts'
import { lockTenant, updateTenantSettings } from '../store/tenants.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

type Settings = Readonly<Record<string, unknown>>

/** What a new tenant's settings are. Source: management-api 5.1. */
export const defaultTenantSettings = (name: string): Record<string, unknown> => ({
  phone_consolidated_experience: true,
  friendly_name: name,
  enabled_locales: ['en'],
  default_directory: '',
  default_audience: '',
  customize_mfa_in_postlogin_action: false,
  session_lifetime: 168,
  idle_session_lifetime: 72,
  ephemeral_session_lifetime: 72,
  idle_ephemeral_session_lifetime: 24,
  sandbox_version: '22',
  flags: {
    enable_client_connections: true,
    enforce_client_authentication_on_passwordless_start: true,
    disable_management_api_sms_obfuscation: true,
    mfa_show_factor_list_on_enrollment: false,
    enable_public_signup_user_exists_error: false,
    revoke_refresh_token_grant: false,
  },
})

/** Whether a flag of the tenant is set. */
export function tenantFlag(tenant: Pick<Tenant, 'settings'>, name: string): boolean {
  const flags = tenant.settings.flags as Readonly<Record<string, boolean>> | undefined // checked when written
  return flags?.[name] === true
}

/** Actions run on these versions of Node; the list is only read. */
const sandboxVersions = ['22', '18', '12']

/** The settings as they are read. */
export const getTenantSettings = (tenant: Tenant): Record<string, unknown> => ({
  ...tenant.settings,
  // Always told: tools take a missing member for true.
  phone_consolidated_experience: tenant.settings.phone_consolidated_experience === true,
  sandbox_versions_available: sandboxVersions,
})

/**
 * Changes settings: `flags` are merged, null unsets, everything else is replaced. A lifetime in minutes
 * is kept in hours, with a fraction. The answer differs from what is read afterwards in two members,
 * as the original's does.
 *
 * @throws AppError `invalid_body` for a lifetime in both units, `legacy_phone_experience_not_allowed`
 */
export async function patchTenantSettings(
  deps: Deps,
  tenant: Tenant,
  patch: TenantSettingsPatch,
): Promise<Record<string, unknown>> {
  if (patch.phone_consolidated_experience === false && deps.options.legacyPhone === 'deny') {
    throw new AppError('legacy_phone_experience_not_allowed')
  }
  const sent = hoursOf(patch)
  const settings = await deps.db.transaction(async (tx) => {
    const row = await lockTenant(tx, tenant.id)
    if (row === undefined) throw new AppError('tenant_unknown')
    const merged = mergeSettings(row.settings, sent)
    await updateTenantSettings(tx, tenant.id, merged)
    return merged
  })
  return {
    ...settings,
    phone_consolidated_experience: settings.phone_consolidated_experience === true,
    flags: {
      cannot_change_enforce_client_authentication_on_passwordless_start: false,
      enforce_client_authentication_on_passwordless_start: false,
      ...Object(settings.flags),
    },
  }
}

function mergeSettings(before: Settings, sent: Settings): Record<string, unknown> {
  const merged: Record<string, unknown> = {
    ...before,
    ...sent,
    ...(sent.flags !== undefined && { flags: { ...Object(before.flags), ...Object(sent.flags) } }),
  }
  return Object.fromEntries(
    Object.entries(merged).filter(
      ([member, value]) =>
        value !== null && !(member === 'default_redirection_uri' && value === ''),
    ),
  )
}

const lifetimes = [
  'session_lifetime',
  'idle_session_lifetime',
  'ephemeral_session_lifetime',
  'idle_ephemeral_session_lifetime',
] as const

/** Turns lifetimes in minutes into hours: 181 minutes are 3.0166666666666666 hours. */
function hoursOf(patch: TenantSettingsPatch): Settings {
  const sent: Record<string, unknown> = { ...patch }
  for (const lifetime of lifetimes) {
    const minutes = patch[`${lifetime}_in_minutes`]
    if (minutes === undefined) continue
    if (patch[lifetime] !== undefined) {
      throw new AppError('invalid_body', {
        message: `Payload validation error: '${lifetime} and ${lifetime}_in_minutes exclude each other'.`,
      })
    }
    delete sent[`${lifetime}_in_minutes`]
    sent[lifetime] = minutes / 60
  }
  return sent
}
