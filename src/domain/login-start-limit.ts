import { isOnAllowList, limitedAddress } from './allow-list.ts'
import type { Deps } from './deps.ts'
import { enforceLimits } from './limits.ts'
import type { Client, Tenant } from './tenant.ts'

/**
 * Limits how many logins an address begins, because each of them is kept for an hour. Off where the
 * tenant's throttling of suspicious addresses is, or the address is on its list.
 *
 * Source: authentication-api 0.7, the limit of an address over all prompts.
 *
 * @throws AppError `too_many_requests`
 */
export async function limitLoginStarts(
  deps: Deps,
  tenant: Tenant,
  { client, ip }: { client: Client; ip: string },
): Promise<void> {
  const { enabled, shields, allowlist } = tenant.protection.suspicious_ip
  if (!enabled || !shields.includes('block') || isOnAllowList(allowlist, ip)) return
  const bucket = { key: `authorize:${limitedAddress(ip)}`, count: 500, perS: 60 }
  await enforceLimits(deps, tenant, [bucket], () => ({
    type: 'api_limit',
    description: 'An address began too many logins',
    ...{ client_id: client.clientId, client_name: client.name, ip },
  }))
}
