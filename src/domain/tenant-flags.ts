import type { Tenant } from './tenant.ts'

const flag = (tenant: Tenant, name: string): boolean | undefined =>
  (tenant.settings.flags as Record<string, boolean> | undefined)?.[name] // checked when written

/** Whether a confidential client must prove itself to have a code sent; it must unless the tenant says no. */
export const mustProveItselfToStart = (tenant: Tenant): boolean =>
  flag(tenant, 'enforce_client_authentication_on_passwordless_start') !== false

/** Whether codes may be checked and exchanged in the way of before OAuth's grants; off unless turned on. */
export const allowsLegacyVerify = (tenant: Tenant): boolean =>
  flag(tenant, 'allow_legacy_ro_grant_types') === true
