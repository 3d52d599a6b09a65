import type { ActionCacheRecord, ActionResult, ActionTrigger } from '../contract/actions.ts'

/** Limits of one cache, as documented by Auth0, and how many caches a node keeps. */
const limits = { entries: 20, bytes: 8192, lifeMs: 24 * 3_600_000, caches: 2000 } as const

/** What `api.cache` holds, for each tenant and trigger, in the memory of this node. */
export class ActionCache {
  readonly #caches = new Map<string, Map<string, ActionCacheRecord>>()

  /** The records that have not expired. */
  records(tenantId: string, trigger: ActionTrigger): ActionCacheRecord[] {
    const cache = this.#caches.get(keyOf(tenantId, trigger))
    const now = Date.now()
    return cache === undefined ? [] : [...cache.values()].filter(isAlive(now))
  }

  /** Takes over what a run wrote. Runs side by side may have filled it together: the oldest give way. */
  write(tenantId: string, trigger: ActionTrigger, writes: ActionResult['cacheWrites']): void {
    if (writes.length === 0) return
    const key = keyOf(tenantId, trigger)
    const now = Date.now()
    const cache = this.#caches.get(key) ?? new Map<string, ActionCacheRecord>()
    this.#caches.delete(key)
    this.#caches.set(key, cache)
    for (const write of writes) {
      cache.delete(write.key)
      if (!('value' in write) || !isAlive(now)(write)) continue
      cache.set(write.key, {
        key: write.key,
        value: write.value,
        expires_at: Math.min(write.expires_at, now + limits.lifeMs),
      })
    }
    for (const [name, record] of cache) if (!isAlive(now)(record)) cache.delete(name)
    for (const name of cache.keys()) {
      if (cache.size <= limits.entries && bytesOf(cache) <= limits.bytes) break
      cache.delete(name)
    }
    for (const oldest of this.#caches.keys()) {
      if (this.#caches.size <= limits.caches) break
      this.#caches.delete(oldest)
    }
  }
}

const keyOf = (tenantId: string, trigger: ActionTrigger) => `${tenantId}\n${trigger}`

const isAlive =
  (now: number) =>
  ({ expires_at }: ActionCacheRecord): boolean =>
    expires_at > now

const bytesOf = (cache: ReadonlyMap<string, ActionCacheRecord>): number =>
  [...cache.values()].reduce(
    (sum, { key, value }) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  )
