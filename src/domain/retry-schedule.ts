import { randomFraction } from '../base/random.ts'
import type { Deps } from './deps.ts'

/** Seconds between one try and the next. Source: notifications.md 7. */
const scheduleS = [5, 15, 30, 60, 120]
/** A code that dies sooner is not worth a message. */
const marginMs = 10_000

/**
 * When to try again: by the schedule with up to 20 % added, never before the carrier's own
 * `Retry-After`, and never so late that the code is dead. A step that would fall behind the end of the
 * code's life is drawn forward to it, so a carrier that comes back in time still gets the message.
 *
 * @returns undefined when there is no further try
 */
export function retryDelayMs(
  deps: Pick<Deps, 'random'>,
  state: {
    /** Tries so far, the one that just ended included. */
    attempts: number
    maxAttempts: number | undefined
    retryAfterS: number | undefined
    now: number
    expiresAt: number
  },
): number | undefined {
  const stepS = scheduleS[state.attempts - 1]
  if (stepS === undefined) return undefined
  if (state.maxAttempts !== undefined && state.attempts >= state.maxAttempts) return undefined
  const planned = stepS * 1000 * (1 + 0.2 * randomFraction(deps.random))
  const asked = (state.retryAfterS ?? 0) * 1000
  const last = state.expiresAt - marginMs - state.now
  if (asked > last || last < 1000) return undefined
  return Math.round(Math.min(Math.max(planned, asked), last))
}
