import { takeFromBuckets } from '../store/limit-buckets.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'
import { type LogEntry, writeTenantLog } from './tenant-logs.ts'

const dayS = 86_400

/**
 * Notes in the tenant's log that something of the older settings was used: `depnote`, once a day for each
 * feature, for whoever plans the switch.
 *
 * @param use.feature a short name, e.g. `guardian/factors/phone/providers/twilio`
 */
export function noteLegacyUse(
  deps: Deps,
  tenant: Tenant,
  use: { feature: string; description: string } & Pick<LogEntry, 'client_id' | 'ip' | 'user_agent'>,
): void {
  const { feature, description, ...about } = use
  deps.background.run('legacy-notice', async () => {
    const bucket = { key: `depnote:${feature}`, count: 1, perS: dayS }
    const { granted } = await takeFromBuckets(deps.db, {
      ...{ tenantId: tenant.id, buckets: [bucket], now: deps.clock.now() },
    })
    if (!granted) return
    await writeTenantLog(deps, tenant, {
      ...{ type: 'depnote', description, ...about, details: { feature } },
    })
  })
}
