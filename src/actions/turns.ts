/** Lets a few things happen at once and the rest wait in line. */
export class Turns {
  readonly #parallel: number
  readonly #most: number
  #running = 0
  #closed = false
  readonly #line: ((mayRun: boolean) => void)[] = []

  constructor({ parallel, waiting }: { parallel: number; waiting: number }) {
    this.#parallel = parallel
    this.#most = waiting
  }

  /** Runs the work in its turn. Undefined when the line is full or closed: it did not run. */
  async take<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    if (this.#closed) return undefined
    if (this.#running < this.#parallel) this.#running += 1
    else {
      if (this.#line.length >= this.#most) return undefined
      const mayRun = await new Promise<boolean>((resolve) => this.#line.push(resolve))
      if (!mayRun) return undefined
    }
    try {
      return await work()
    } finally {
      const next = this.#line.shift()
      if (next === undefined) this.#running -= 1
      else next(true)
    }
  }

  /** Sends away whoever waits. */
  close(): void {
    this.#closed = true
    for (const waiting of this.#line.splice(0)) waiting(false)
  }
}
