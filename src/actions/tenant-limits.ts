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

  /** Counts a run that is asked for. False when the tenant had too many within this minute. */
  admit(tenantId: string): boolean {
    const use = this.#useOf(tenantId)
    if (use.begun >= this.#options.perMinute) return false
    use.begun += 1
    return true
  }

  /** Counts a run that begins. False when it has to wait for another one's end. */
  enter(tenantId: string): boolean {
    const use = this.#useOf(tenantId)
    if (use.running >= this.#options.parallel) return false
    use.running += 1
    return true
  }

  /** Counts the end of a run that began. */
  leave(tenantId: string): void {
    this.#useOf(tenantId).running -= 1
  }

  #useOf(tenantId: string): Use {
    const minute = Math.floor(performance.now() / 60_000)
    let use = this.#uses.get(tenantId)
    if (use === undefined) {
      use = { running: 0, minute, begun: 0 }
      this.#uses.set(tenantId, use)
    }
    if (use.minute !== minute) Object.assign(use, { minute, begun: 0 })
    return use
  }

  /** Forgets tenants that ran nothing for a while. */
  sweep(): void {
    const minute = Math.floor(performance.now() / 60_000)
    for (const [tenantId, use] of this.#uses) {
      if (use.running === 0 && use.minute < minute) this.#uses.delete(tenantId)
    }
  }
}
