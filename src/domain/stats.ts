import { AppError } from '../base/app-error.ts'
import type { DailyStats } from '../contract/stats.ts'
import { countActiveUsers, type DailyStatsRow, listDailyStats } from '../store/stats.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

const dayMs = 86_400_000
/** Source: Auth0's Management API v2, "users that logged in during the last 30 days". */
const activeDays = 30

/** How many users signed in on the last 30 days, today included; days are those of UTC. */
export const getActiveUsers = (deps: Deps, tenant: Tenant): Promise<number> =>
  countActiveUsers(deps.db, tenant.id, today(deps) - activeDays + 1)

/**
 * Sign-ins and sign-ups of each day on which there were any, oldest first; of the last 30 days when
 * nothing else is asked for.
 *
 * @param range `YYYYMMDD`, both ends included
 * @throws AppError `invalid_query_string` for what is no day
 */
export async function getDailyStats(
  deps: Deps,
  tenant: Tenant,
  range: { from?: string | undefined; to?: string | undefined },
): Promise<DailyStats[]> {
  const to = range.to === undefined ? today(deps) : dayOf(range.to, 'to')
  const from = range.from === undefined ? to - activeDays + 1 : dayOf(range.from, 'from')
  const rows = await listDailyStats(deps.db, tenant.id, from, to)
  return rows.map(viewOf)
}

const viewOf = ({ day, created_at, updated_at, ...counts }: DailyStatsRow): DailyStats => ({
  date: new Date(day * dayMs).toISOString(),
  ...counts,
  created_at: new Date(created_at).toISOString(),
  updated_at: new Date(updated_at).toISOString(),
})

const today = (deps: Deps) => Math.floor(deps.clock.now() / dayMs)

function dayOf(text: string, property: string): number {
  const iso = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`
  const at = Date.parse(`${iso}T00:00:00Z`)
  // The 31st of June would be read as the 1st of July.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== iso) {
    throw new AppError('invalid_query_string', {
      message: `Query validation error: 'There is no such day' on property ${property} (YYYYMMDD).`,
    })
  }
  return at / dayMs
}
