/** Counts work that is under way, so that whoever starts more can see whether there is room. */
export class InFlight {
  #running = 0

  get running(): number {
    return this.#running
  }

  /** Runs `work` and counts it until it has ended. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1
    try {
      return await work()
    } finally {
      this.#running -= 1
    }
  }
}
