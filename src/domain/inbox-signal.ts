/** Wakes those who wait for a tenant's next inbox message in this process. */
export type InboxSignal = {
  /** Says that a message has arrived. */
  notify(tenantId: string): void
  /** Resolves at the next `notify`, when `ms` have passed, or when `signal` aborts. */
  wait(tenantId: string, ms: number, signal: AbortSignal): Promise<void>
}

const signals = new WeakMap<object, InboxSignal>()

/**
 * The signal of one process, found by its capabilities. It only shortens the wait: a message that
 * another process stored is found by looking again.
 */
export function inboxSignal(deps: object): InboxSignal {
  const existing = signals.get(deps)
  if (existing !== undefined) return existing
  const created = createSignal()
  signals.set(deps, created)
  return created
}

function createSignal(): InboxSignal {
  const waiting = new Map<string, Set<() => void>>()
  return {
    notify(tenantId) {
      for (const wake of waiting.get(tenantId) ?? []) wake()
    },
    wait: (tenantId, ms, signal) =>
      new Promise((resolve) => {
        const those = waiting.get(tenantId) ?? new Set()
        waiting.set(tenantId, those)
        const wake = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', wake)
          those.delete(wake)
          if (those.size === 0 && waiting.get(tenantId) === those) waiting.delete(tenantId)
          resolve()
        }
        const timer = setTimeout(wake, ms)
        those.add(wake)
        signal.addEventListener('abort', wake)
        if (signal.aborted) wake()
      }),
  }
}
