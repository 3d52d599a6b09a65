import { randomFraction } from '../base/random.ts'
import { type ClaimedMessageRow, claimDueMessages, releaseLeases } from '../store/message-leases.ts'
import type { Deps } from './deps.ts'
import { cancelledMessage, deliverMessage, unreadableMessage } from './message-delivery.ts'
import { openMessage, type SealedMessage } from './message-seal.ts'
import type { Tenants } from './tenant.ts'

/**
 * Takes up what waits in the table: retries whose time has come, messages that a busy node left there,
 * and messages whose node died. One for each process; the database hands a row to one of them only.
 */
export class MessageSweeper {
  readonly #deps: Deps
  readonly #tenants: Tenants
  #timer: NodeJS.Timeout | undefined
  #sweeping: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(deps: Deps, tenants: Tenants) {
    this.#deps = deps
    this.#tenants = tenants
  }

  /** Sweeps about every `intervalMs`, with jitter so that nodes do not sweep in step. */
  start(intervalMs: number): void {
    const next = () => {
      if (this.#stopped) return
      const delay = intervalMs * (0.75 + 0.5 * randomFraction(this.#deps.random))
      this.#timer = setTimeout(() => {
        this.#sweeping = this.sweep()
          .catch((error: unknown) =>
            this.#deps.log.error({ err: error }, 'sweeping the messages failed'),
          )
          .then(next)
      }, delay)
    }
    next()
  }

  /** Claims what is due and starts its delivery; resolves when all is claimed, not delivered. */
  async sweep(): Promise<void> {
    const deps = this.#deps
    for (;;) {
      const room = deps.options.maxDeliveries - deps.deliveries.running
      if (room <= 0 || this.#stopped || deps.draining.aborted) return
      const take = Math.min(room, 50)
      const now = deps.clock.now()
      const leaseUntil = now + deps.options.leaseMs
      const claimed = await claimDueMessages(deps.db, {
        owner: deps.nodeId,
        now,
        leaseUntil,
        take,
      })
      for (const row of claimed) {
        deps.background.run('deliver-message', () =>
          deps.deliveries.track(() => this.#deliver(row, leaseUntil)),
        )
      }
      if (claimed.length < take) return
    }
  }

  async #deliver(row: ClaimedMessageRow, leased_until: number): Promise<unknown> {
    const deps = this.#deps
    const tenant = await this.#tenants.byId(row.tenant_id)
    const { sealed, live, taken_over: _, ...message } = row
    if (tenant === undefined || sealed === null || !live) return cancelledMessage(deps, row)
    let secret: SealedMessage
    try {
      secret = openMessage(deps, tenant.id, row.id, sealed)
    } catch (error) {
      deps.log.error({ err: error, id: row.id }, 'a message could not be opened')
      return unreadableMessage(deps, row)
    }
    return deliverMessage(deps, tenant, { ...message, secret, leased_until })
  }

  /** Starts no further delivery; resolves when no sweep runs. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#sweeping
  }

  /** Hands what this node still holds to the other nodes. */
  async release(): Promise<void> {
    await releaseLeases(this.#deps.db, this.#deps.nodeId, this.#deps.clock.now())
  }
}
