/** Where the time comes from. Everything but `base` and `app` takes it from `deps.clock`. */
export type Clock = {
  /** Epoch milliseconds. */
  now(): number
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() }
