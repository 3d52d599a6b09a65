import type { EgressRules } from '../base/egress-rules.ts'
import type { Logger } from '../base/logger.ts'
import { createEgressBroker } from './egress-broker.ts'
import type { Launcher } from './launch.ts'
import { ActionWorker } from './worker.ts'
import type { WorkerSubject } from './worker-shapes.ts'

type Spare = { worker: ActionWorker; subject: WorkerSubject }

export type WorkerSourceOptions = {
  launcher: Launcher
  rules: EgressRules
  log: Logger
  /** How many unbound processes are kept warm. */
  spares: number
  heapMb: number
}

/** Starts processes, and keeps a few ahead of the time that they are needed. */
export class WorkerSource {
  readonly #options: WorkerSourceOptions
  readonly #spares = new Set<Spare>()
  readonly #all = new Set<ActionWorker>()
  #closed = false

  constructor(options: WorkerSourceOptions) {
    this.#options = options
  }

  /** Processes that live, spare ones included. */
  get alive(): number {
    return this.#all.size
  }

  /** Of these, the unbound ones. */
  get spares(): number {
    return this.#spares.size
  }

  /**
   * A process for this tenant and Action, to be bound at once. The next spare is started behind it.
   *
   * @throws Error when the machine refuses another process
   */
  take(subject: WorkerSubject): ActionWorker {
    const [spare = this.#start()] = this.#spares
    this.#spares.delete(spare)
    Object.assign(spare.subject, subject)
    return spare.worker
  }

  /** Starts spares until there are enough; `room` is how many processes may be added. */
  refill(room: number): void {
    try {
      for (let left = room; left > 0 && !this.#closed; left -= 1) {
        if (this.#spares.size >= this.#options.spares) return
        const spare = this.#start()
        this.#spares.add(spare)
        void spare.worker.exited.then(() => this.#spares.delete(spare))
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'a spare process for Actions could not be started')
    }
  }

  /** Ends all processes and resolves when they are gone. */
  async close(): Promise<void> {
    this.#closed = true
    const workers = [...this.#all]
    for (const worker of workers) worker.kill('the server stops')
    await Promise.all(workers.map(({ exited }) => exited))
  }

  #start(): Spare {
    if (this.#closed) throw new Error('the server stops')
    const { launcher, rules, log, heapMb } = this.#options
    const subject = { tenantId: '', actionId: '' }
    const worker = new ActionWorker(launcher.launch({ heapMb }), {
      ...{ log, subject },
      broker: (send, violate) => createEgressBroker({ send, violate, rules, log, subject }),
    })
    this.#all.add(worker)
    void worker.exited.then(() => this.#all.delete(worker))
    return { worker, subject }
  }
}
