import { type ActionCacheRecord, type ActionTrigger, actionLimits } from '../../contract/actions.ts'
import { cutText, maskSecrets } from '../secret-mask.ts'
import type { Invocation } from './invocation.ts'

const now = Date.now
const mostEffects = 50
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

/** Limits of `api.cache`. Source: Auth0's documentation; the order of checks is their test package's. */
const cacheLimits = { keyBytes: 64, valueBytes: 4096, totalBytes: 8192, entries: 20 }

type CacheFailure = { type: 'error'; code: string }

/**
 * The `api` that a handler gets. Methods work unbound: public Actions take them off the object.
 *
 * @param tellLate hears once of a run whose `api` was called after its end
 */
export function apiOf(
  trigger: ActionTrigger,
  invocation: Invocation,
  snapshot: readonly ActionCacheRecord[],
  tellLate: (id: number) => void,
): Record<string, unknown> {
  const isLate = () => {
    if (!invocation.done) return false
    if (!invocation.late) tellLate(invocation.id)
    invocation.late = true
    return true
  }
  const cache = cacheOf(invocation, snapshot, isLate)
  if (trigger === 'send-phone-message') return { cache }
  return { notification: notificationOf(invocation, isLate), cache }
}

function notificationOf(invocation: Invocation, isLate: () => boolean) {
  const say = (type: 'drop' | 'retry') => (reason?: unknown) => {
    if (isLate()) return
    const text = reason === undefined ? '' : cutText(String(reason), 65_536)
    const masked = maskSecrets(text, invocation.secrets)
    invocation.verdict = {
      type,
      reason: cutText(masked, actionLimits.reasonLength).toWellFormed(),
    }
  }
  return { drop: say('drop'), retry: say('retry') }
}

function cacheOf(
  invocation: Invocation,
  snapshot: readonly ActionCacheRecord[],
  isLate: () => boolean,
) {
  const records = new Map(snapshot.map((record) => [record.key, record]))
  const effect = (write: Invocation['cacheWrites'][number]): boolean => {
    if (invocation.cacheWrites.length >= mostEffects) return false
    invocation.cacheWrites.push(write)
    return true
  }
  const bytesOf = ({ key, value }: { key: string; value: string }) =>
    Buffer.byteLength(key) + Buffer.byteLength(value)
  const liveRecord = (key: string) => {
    const record = records.get(key)
    return record !== undefined && record.expires_at > now() ? record : undefined
  }

  return {
    get(key: unknown): { value: string; expires_at: number } | undefined {
      const record = liveRecord(String(key))
      return record && { value: record.value, expires_at: record.expires_at }
    },
    set(givenKey: unknown, givenValue: unknown, options?: { ttl?: unknown; expires_at?: unknown }) {
      const key = String(givenKey)
      const value = String(givenValue)
      if (isLate()) return failed('FailedToSetCacheRecord')
      if (Buffer.byteLength(key) > cacheLimits.keyBytes) return failed('CacheKeySizeExceeded')
      if (Buffer.byteLength(value) > cacheLimits.valueBytes) return failed('CacheValueSizeExceeded')
      let total = bytesOf({ key, value })
      let entries = 0
      for (const record of records.values()) {
        if (record.key === key || record.expires_at <= now()) continue
        total += bytesOf(record)
        entries += 1
      }
      if (total > cacheLimits.totalBytes) return failed('CacheSizeExceeded')
      if (entries >= cacheLimits.entries) return failed('MaxSideEffectsExceeded')
      const expiry = expiryOf(options)
      if (typeof expiry !== 'number') return expiry
      const record = { key, value, expires_at: expiry }
      if (!effect(record)) return failed('FailedToSetCacheRecord')
      records.set(key, record)
      return { type: 'success', record: { value, expires_at: expiry } }
    },
    delete(givenKey: unknown) {
      const key = String(givenKey)
      if (isLate()) return failed('FailedToDeleteCacheRecord')
      if (liveRecord(key) === undefined) return failed('CacheKeyDoesNotExist')
      if (!effect({ key })) return failed('FailedToDeleteCacheRecord')
      records.delete(key)
      return { type: 'success' }
    },
  }
}

const failed = (code: string): CacheFailure => ({ type: 'error', code })

/** The earlier of `ttl` and `expires_at`, both in milliseconds; a day ahead at most. */
function expiryOf(
  options: { ttl?: unknown; expires_at?: unknown } | undefined,
): number | CacheFailure {
  const at = now()
  const ends: number[] = []
  for (const [given, base] of [
    [options?.ttl, at],
    [options?.expires_at, 0],
  ] as const) {
    if (given === undefined || given === null) continue
    if (typeof given !== 'number' || !Number.isFinite(given)) return failed('InvalidExpiry')
    ends.push(base + given)
  }
  const expiry = ends.length === 0 ? at + 15 * minuteMs : Math.min(...ends)
  if (expiry <= at) return failed('ItemAlreadyExpired')
  if (!Number.isSafeInteger(expiry)) return failed('InvalidExpiry')
  return Math.min(expiry, at + dayMs)
}
