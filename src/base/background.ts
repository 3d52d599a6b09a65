import type { Logger } from './logger.ts'

/**
 * Holds the work that a reply does not wait for. Every promise that is not awaited goes through here,
 * so a stopping server can wait for it and a test can wait until all is settled.
 */
export class Background {
  readonly #running = new Set<Promise<void>>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  /** Starts `work`; a failure is logged under `name` and does not spread. */
  run(name: string, work: () => Promise<unknown>): void {
    const running = work()
      .then(
        () => undefined,
        (error: unknown) => this.#log.error({ err: error, work: name }, 'background work failed'),
      )
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** How many works are running. */
  get size(): number {
    return this.#running.size
  }

  /** Resolves once nothing runs, not even what the running works start. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}
