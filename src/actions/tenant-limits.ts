/** How much one tenant may have run at once and within a minute. */
export type TenantLimitOptions = { parallel: number; perMinute: number }

type Use = { running: number; minute: number; begun: number }

/** Counts the runs of each tenant on this node. */
export class TenantLimits {
  readonly #options: TenantLimitOptions
  readonly #uses = new Map<string, Use>()

  constructor(options: TenantLimitOptions) {
    this.#options = options
  }

  /** Counts a run and gives what ends it; undefined when the tenant has too many. */
  begin(tenantId: string): (() => void) | undefined {
    const minute = Math.floor(performance.now() / 60_000)
    const use = this.#uses.get(tenantId) ?? { running: 0, minute, begun: 0 }
    if (use.minute !== minute) Object.assign(use, { minute, begun: 0 })
    if (use.running >= this.#options.parallel || use.begun >= this.#options.perMinute) {
      return undefined
    }
    use.running += 1
    use.begun += 1
    this.#uses.set(tenantId, use)
    return () => {
      use.running -= 1
    }
  }

  /** Forgets tenants that ran nothing for a while. */
  sweep(): void {
    const minute = Math.floor(performance.now() / 60_000)
    for (const [tenantId, use] of this.#uses) {
      if (use.running === 0 && use.minute < minute) this.#uses.delete(tenantId)
    }
  }
}
