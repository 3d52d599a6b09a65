import { Type } from 'typebox'
import type { BatchKind, Db } from './db.ts'
import { sql } from './sql.ts'

/** One bucket that a request wants to take from: `count` at once, all of it back after `perS`. */
export type Bucket = { key: string; count: number; perS: number }

/** The buckets of one request: it takes one of each, or none of any. */
export type TakeRequest = { tenantId: string; buckets: readonly Bucket[]; now: number }

/** How full a bucket is after the request. */
export type BucketLevel = Bucket & {
  remaining: number
  /** Epoch ms at which it is full again. */
  fullAt: number
}

export type TakeResult =
  | { granted: true; levels: BucketLevel[] }
  /** `refused` names the buckets that had nothing left; nothing was taken. */
  | { granted: false; levels: BucketLevel[]; refused: (BucketLevel & { freeAt: number })[] }

/**
 * Takes one of each bucket, or nothing. Counting and deciding is one statement for each try: a bucket
 * moves only where it has room. Requests of the same moment are counted together; when the sum of
 * them does not fit, each is judged alone.
 *
 * A refused request gives back what it had taken from its other buckets. Between the two statements
 * those look fuller than they are, so the error is on the safe side, and it ends with the request.
 */
export const takeFromBuckets = (db: Db, request: TakeRequest): Promise<TakeResult> =>
  db.batch(takes, request)

const LevelRow = Type.Object({
  tenant_id: Type.String(),
  key: Type.String(),
  full_at: Type.Number(),
  window_ms: Type.Number(),
})

type Claim = Bucket & { tenantId: string; takes: number }

const takes: BatchKind<TakeRequest, TakeResult> = {
  name: 'limit-buckets',
  maxItems: 200,
  maxInFlight: 1,
  async run(db, requests) {
    if (requests.length > 1) {
      const together = await takeTogether(db, requests)
      if (together !== undefined) return together
    }
    const results: TakeResult[] = []
    for (const request of requests) results.push(await takeAlone(db, request))
    return results
  },
}

/** Undefined when not everybody fits; nothing stays taken then. */
async function takeTogether(
  db: Db,
  requests: readonly TakeRequest[],
): Promise<TakeResult[] | undefined> {
  const claims = new Map<string, Claim>()
  let now = 0
  for (const { tenantId, buckets, now: askedAt } of requests) {
    now = Math.max(now, askedAt)
    for (const bucket of buckets) {
      const name = `${tenantId}\n${bucket.key}`
      const claim = claims.get(name) ?? { ...bucket, tenantId, takes: 0 }
      claim.takes += 1
      claims.set(name, claim)
    }
  }
  const wanted = [...claims.values()]
  if (wanted.some((claim) => claim.takes > claim.count)) return undefined

  const fullAt = await fill(db, wanted, now)
  if (fullAt.size < wanted.length) {
    await giveBack(
      db,
      wanted.filter((claim) => fullAt.has(nameOf(claim))),
    )
    return undefined
  }
  return requests.map(({ tenantId, buckets }) => ({
    granted: true,
    levels: buckets.map((bucket) =>
      level(bucket, fullAt.get(`${tenantId}\n${bucket.key}`) ?? now, now),
    ),
  }))
}

async function takeAlone(db: Db, { tenantId, buckets, now }: TakeRequest): Promise<TakeResult> {
  const wanted = buckets.map((bucket) => ({ ...bucket, tenantId, takes: 1 }))
  const fullAt = await fill(db, wanted, now)
  const taken = wanted.filter((claim) => fullAt.has(nameOf(claim)))
  const levels = taken.map((claim) => level(claim, fullAt.get(nameOf(claim)) ?? now, now))
  if (taken.length === wanted.length) return { granted: true, levels }

  await giveBack(db, taken)
  const keys = wanted.map((claim) => claim.key)
  const current = await db.rows(
    LevelRow,
    sql`
    select tenant_id, key, full_at, window_ms from limit_buckets
     where tenant_id = ${tenantId} and key = any(${keys}::text[])`,
  )
  const after = new Map(current.map((row) => [row.key, row]))
  const refused = wanted
    .filter((claim) => !fullAt.has(nameOf(claim)))
    .map((claim) => {
      const { full_at, window_ms } = after.get(claim.key) ?? { full_at: now, window_ms: 1 }
      const full = now + ((full_at - now) / window_ms) * claim.perS * 1000
      const freeAt = full_at - window_ms * (1 - 1 / claim.count)
      return { ...level(claim, full, now), freeAt: Math.max(freeAt, now) }
    })
  return { granted: false, levels, refused }
}

const nameOf = (claim: Claim) => `${claim.tenantId}\n${claim.key}`

/** Milliseconds until one more may be taken from an empty bucket. */
const intervalMs = (bucket: Bucket) => (bucket.perS * 1000) / bucket.count

/** Rows are locked in key order, so two requests never wait for each other in a ring. */
async function fill(
  db: Db,
  claims: readonly Claim[],
  now: number,
): Promise<ReadonlyMap<string, number>> {
  if (claims.length === 0) return new Map()
  // Of a bucket whose period was changed meanwhile the same share is spent.
  const spent = sql`
    greatest(bucket.full_at - ${now}::float8, 0) * excluded.window_ms / bucket.window_ms`
  const rows = await db.rows(
    LevelRow,
    sql`
    insert into limit_buckets as bucket (tenant_id, key, full_at, window_ms)
    select tenant_id, key, ${now}::float8 + cost, window_ms
      from unnest(${claims.map((claim) => claim.tenantId)}::text[],
                  ${claims.map((claim) => claim.key)}::text[],
                  ${claims.map((claim) => intervalMs(claim) * claim.takes)}::float8[],
                  ${claims.map((claim) => claim.perS * 1000)}::float8[])
        as claim (tenant_id, key, cost, window_ms)
     order by tenant_id, key
    on conflict (tenant_id, key) do update
       set full_at = excluded.full_at + ${spent}, window_ms = excluded.window_ms
     where excluded.full_at + ${spent} <= ${now}::float8 + excluded.window_ms + 0.001
    returning tenant_id, key, full_at, window_ms`,
  )
  return new Map(rows.map((row) => [`${row.tenant_id}\n${row.key}`, row.full_at]))
}

/** Locks in the same order as `fill`. */
async function giveBack(db: Db, claims: readonly Claim[]): Promise<void> {
  if (claims.length === 0) return
  await db.run(sql`
    with taken as materialized (
      select tenant_id, key, cost
        from limit_buckets join unnest(${claims.map((claim) => claim.tenantId)}::text[],
                  ${claims.map((claim) => claim.key)}::text[],
                  ${claims.map((claim) => intervalMs(claim) * claim.takes)}::float8[])
             as claim (tenant_id, key, cost) using (tenant_id, key)
       order by tenant_id, key for update of limit_buckets)
    update limit_buckets as bucket set full_at = bucket.full_at - taken.cost
      from taken where bucket.tenant_id = taken.tenant_id and bucket.key = taken.key`)
}

function level({ key, count, perS }: Bucket, fullAt: number, now: number): BucketLevel {
  const spent = Math.max(0, fullAt - now) / intervalMs({ key, count, perS })
  return { key, count, perS, fullAt, remaining: Math.max(0, Math.floor(count - spent + 0.001)) }
}

/** Gives back one to each bucket that a request has taken from. */
export const returnToBuckets = (db: Db, tenantId: string, buckets: readonly Bucket[]) =>
  giveBack(
    db,
    buckets.map((bucket) => ({ ...bucket, tenantId, takes: 1 })),
  )

/** Forgets buckets that are full again: they say nothing. Passes by those in use at this moment. */
export const deleteFullBuckets = (db: Db, now: number) =>
  db.run(sql`
    with full_again as materialized (
      select tenant_id, key from limit_buckets where full_at < ${now}::float8
         for update skip locked)
    delete from limit_buckets as bucket using full_again
     where bucket.tenant_id = full_again.tenant_id and bucket.key = full_again.key`)

/** Whether a bucket has nothing left at this moment. */
export async function isBucketEmpty(
  db: Db,
  tenantId: string,
  bucket: Bucket,
  now: number,
): Promise<boolean> {
  const row = await db.first(
    LevelRow,
    sql`
    select tenant_id, key, full_at, window_ms from limit_buckets
     where tenant_id = ${tenantId} and key = ${bucket.key}`,
  )
  if (row === undefined) return false
  const share = Math.max(0, row.full_at - now) / row.window_ms
  return share * bucket.count > bucket.count - 1 + 0.001
}

/** Fills a bucket at once; 0 when nobody had taken from it. */
export const refillBucket = (db: Db, tenantId: string, key: string) =>
  db.run(sql`delete from limit_buckets where tenant_id = ${tenantId} and key = ${key}`)
