import type { Tenant } from './tenant.ts'

/** A flag of the tenant's settings; undefined where it was never set. */
export const tenantFlag = (tenant: Pick<Tenant, 'settings'>, name: string): boolean | undefined =>
  (tenant.settings.flags as Record<string, boolean> | undefined)?.[name] // checked when written

/** Whether a confidential client must prove itself to have a code sent; it must unless the tenant says no. */
export const mustProveItselfToStart = (tenant: Tenant): boolean =>
  tenantFlag(tenant, 'enforce_client_authentication_on_passwordless_start') !== false

/** Whether codes may be checked and exchanged in the way of before OAuth's grants; off unless turned on. */
export const allowsLegacyVerify = (tenant: Tenant): boolean =>
  tenantFlag(tenant, 'allow_legacy_ro_grant_types') === true
