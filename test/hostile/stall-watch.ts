import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** The longest time for which the loop of this process answered nobody. */
export type Stall = {
  /** As measured from outside, in ms: also holds the time in which the machine had no core for us. */
  delayMs: number
  /** Without the time that this thread spent waiting for a core, in ms: our own doing. */
  ownMs: number
}

/**
 * Watches the event loop until `end` is called.
 *
 * Other programs of a busy machine make every loop late. Linux counts how long a runnable thread
 * waited for a core, so that time can be told apart; elsewhere both figures are the same.
 */
export function watchStalls(): { end(): Stall } {
  const tick = 5
  const histogram = monitorEventLoopDelay({ resolution: tick })
  let own = 0
  let last = performance.now()
  let waited = coreWaitMs()
  const timer = setInterval(() => {
    const now = performance.now()
    const waitedNow = coreWaitMs()
    own = Math.max(own, now - last - tick - (waitedNow - waited))
    last = now
    waited = waitedNow
  }, tick)
  histogram.enable()
  return {
    end() {
      clearInterval(timer)
      histogram.disable()
      return { delayMs: histogram.max / 1e6, ownMs: own }
    },
  }
}

/** Time that the main thread was ready to run and did not, since its start. */
function coreWaitMs(): number {
  try {
    const fields = readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')
    return Number(fields[1] ?? 0) / 1e6
  } catch {
    return 0
  }
}
