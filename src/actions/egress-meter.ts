/** What one invocation did on the network, and how long it waited for it. */
export type EgressMeter = {
  /** Connections and look-ups asked for, also those that were refused. */
  opens: number
  /** Bytes sent and received. */
  up: number
  down: number
  /** Something was asked of elsewhere over this socket or look-up. */
  asked(id: number): void
  /** Something came from elsewhere. */
  answered(id: number): void
  /** Nothing more is awaited. */
  settled(id: number): void
  /** Milliseconds until now. */
  networkMs(): number
}

/**
 * Counts the time in which at least one answer was awaited or was coming in, overlaps once. The time in
 * which a connection is merely kept for later is not of the network.
 */
export function createEgressMeter(now: () => number = () => performance.now()): EgressMeter {
  const awaited = new Set<number>()
  let total = 0
  let last = now()
  const step = (counts: boolean) => {
    const time = now()
    if (counts) total += time - last
    last = time
  }
  return {
    opens: 0,
    up: 0,
    down: 0,
    asked(id) {
      step(awaited.size > 0)
      awaited.add(id)
    },
    answered(id) {
      // Also a later part of the same answer: the sender was sending meanwhile.
      step(true)
      awaited.delete(id)
    },
    settled(id) {
      step(awaited.size > 0)
      awaited.delete(id)
    },
    networkMs() {
      step(awaited.size > 0)
      return total
    },
  }
}
