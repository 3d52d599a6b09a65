/**
 * Numbers what this process makes within one millisecond, so that ids which begin with the time sort in
 * the order in which they were made.
 */
export class Sequence {
  #ms = 0
  #next = 0

  /** 0 for the first call of a millisecond, then 1, 2 … A clock that goes back continues the count. */
  at(ms: number): number {
    if (ms > this.#ms) {
      this.#ms = ms
      this.#next = 0
    }
    const number = this.#next
    this.#next += 1
    return number
  }
}
