import { monitorEventLoopDelay } from 'node:perf_hooks'

/** The longest time for which the loop of this process answered nobody. */
export type Stall = {
  /** By the clock, in ms: also holds the time in which the machine had no core for us. */
  delayMs: number
  /** What this thread computed in one go, in ms: our own doing. */
  ownMs: number
}

/**
 * Watches the event loop until `end` is called.
 *
 * Other programs, and other machines on the same host, make every loop late. What hostile code can do is
 * make this thread compute (read, copy, collect garbage), and that time is counted apart from theirs.
 */
export function watchStalls(): { end(): Stall } {
  const histogram = monitorEventLoopDelay({ resolution: 5 })
  let own = 0
  let used = computedMs()
  const timer = setInterval(() => {
    const now = computedMs()
    own = Math.max(own, now - used)
    used = now
  }, 5)
  histogram.enable()
  return {
    end() {
      clearInterval(timer)
      histogram.disable()
      return { delayMs: histogram.max / 1e6, ownMs: own }
    },
  }
}

/** Processor time of this thread since it started. */
function computedMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
