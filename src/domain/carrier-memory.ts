/** How a carrier ended a try that somebody waited for. */
export type RememberedEnd = {
  /** Milliseconds that it took. */
  tookMs: number
  /** What was told; absent after a success, and where the refusal was about the number alone. */
  refusal?: string
}

/** What the carriers of connections did last, in this process. */
export type CarrierMemory = {
  /** @param key names the connection and its carrier */
  remember(key: string, end: RememberedEnd & { at: number }): void
  /** The last end and how long one of the last ones took; undefined when none is recent. */
  recall(key: string, now: number, chance: number): RememberedEnd | undefined
}

const memories = new WeakMap<object, CarrierMemory>()
const keptKeys = 1000
const keptTimes = 16
/** What happened longer ago says little. */
export const recentMs = 10 * 60_000

/** The memory of one process, found by its capabilities. */
export function carrierMemory(deps: object): CarrierMemory {
  const existing = memories.get(deps)
  if (existing !== undefined) return existing
  const created = createMemory()
  memories.set(deps, created)
  return created
}

function createMemory(): CarrierMemory {
  const known = new Map<string, { at: number; refusal: string | undefined; times: number[] }>()
  return {
    remember(key, { at, tookMs, refusal }) {
      const times = [...(known.get(key)?.times ?? []), tookMs].slice(-keptTimes)
      if (known.size >= keptKeys && !known.has(key)) known.clear()
      known.set(key, { at, refusal, times })
    },
    recall(key, now, chance) {
      const last = known.get(key)
      if (last === undefined || now - last.at > recentMs) return undefined
      const tookMs = last.times[Math.floor(chance * last.times.length)] ?? 0
      return { tookMs, ...(last.refusal !== undefined && { refusal: last.refusal }) }
    },
  }
}
