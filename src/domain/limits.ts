import { AppError, type RateLimit } from '../base/app-error.ts'
import { type Bucket, type BucketLevel, takeFromBuckets } from '../store/limit-buckets.ts'
import type { Deps } from './deps.ts'
import { type LogEntry, writeTenantLog } from './tenant-logs.ts'

/**
 * Takes one of each bucket or refuses the request; all processes count together.
 *
 * @returns the tightest bucket, for the `x-ratelimit-*` headers; undefined when there is no bucket
 * @throws AppError `too_many_requests` with `retryAfterS` and the tightest bucket
 */
export async function enforceLimits(
  deps: Deps,
  tenant: { id: string },
  buckets: readonly Bucket[],
  refusalLog: (bucket: BucketLevel) => LogEntry,
): Promise<RateLimit | undefined> {
  if (buckets.length === 0) return undefined
  const now = deps.clock.now()
  const result = await takeFromBuckets(deps.db, { tenantId: tenant.id, buckets, now })
  if (result.granted) return rateLimit(tightest(result.levels))

  const [refused] = [...result.refused].sort((one, other) => other.freeAt - one.freeAt)
  if (refused === undefined) throw new Error('a refusal without a refused bucket')
  deps.background.run('limit-log', async () => {
    // One entry a minute for each bucket: a flood must not fill the log.
    const notice = { key: `log:${refused.key}`, count: 1, perS: 60 }
    const told = await takeFromBuckets(deps.db, { tenantId: tenant.id, buckets: [notice], now })
    if (told.granted) await writeTenantLog(deps, tenant, refusalLog(refused))
  })
  throw new AppError('too_many_requests', {
    retryAfterS: Math.max(1, Math.ceil((refused.freeAt - now) / 1000)),
    rateLimit: rateLimit(refused),
  })
}

/** The bucket with the smallest share left. */
function tightest(levels: readonly BucketLevel[]): BucketLevel {
  const [first, ...others] = levels
  if (first === undefined) throw new Error('no bucket')
  return others.reduce(
    (least, level) =>
      level.remaining / level.count < least.remaining / least.count ? level : least,
    first,
  )
}

const rateLimit = (level: BucketLevel): RateLimit => ({
  limit: level.count,
  remaining: level.remaining,
  resetS: Math.ceil(level.fullAt / 1000),
})
