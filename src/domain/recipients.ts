import { keyedHash } from '../base/secret-box.ts'
import type { Tenant } from './tenant.ts'

/**
 * What a number is looked up by where it may not stand itself: challenges, messages, limits. Keyed by
 * the tenant, so a dump cannot be searched for a number and tenants cannot be compared.
 */
export const recipientHash = (tenant: Pick<Tenant, 'hashKey'>, e164: string): Buffer =>
  keyedHash(tenant.hashKey, 'recipient', e164)
