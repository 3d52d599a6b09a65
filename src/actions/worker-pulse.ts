import { workerLimits } from './worker-shapes.ts'

/** Asks a process for signs of life, each in the name of a call. A process that computes gives none. */
export class WorkerPulse {
  readonly #ping: (id: number) => void
  readonly #waiting = new Map<number, (answer: Buffer) => void>()

  /** @param ping sends the question; whoever reads the answer hands it to `answered` */
  constructor(ping: (id: number) => void) {
    this.#ping = ping
  }

  /** Exactly one of both is called, `silent` when no answer came in time. */
  ask(id: number, silent: () => void, then?: (answer: Buffer) => void): void {
    const timer = setTimeout(() => {
      this.#waiting.delete(id)
      silent()
    }, workerLimits.pingMs)
    this.#waiting.set(id, (answer) => {
      clearTimeout(timer)
      then?.(answer)
    })
    this.#ping(id)
  }

  answered(id: number, answer: Buffer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    waiting?.(answer)
  }
}
