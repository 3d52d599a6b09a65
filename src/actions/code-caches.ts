/** What V8 made of bundles, so that the next process of the same Action loads in half the time. */
export class CodeCaches {
  readonly #caches = new Map<string, Buffer>()
  readonly #most: number
  #bytes = 0

  constructor(mostBytes: number) {
    this.#most = mostBytes
  }

  get(key: string): Buffer | undefined {
    const cache = this.#caches.get(key)
    if (cache === undefined) return undefined
    this.#caches.delete(key)
    this.#caches.set(key, cache)
    return cache
  }

  /** Keeps a cache; the key names the Action too, for tenant code may have written what it holds. */
  set(key: string, cache: Buffer): void {
    this.#delete(key)
    this.#caches.set(key, cache)
    this.#bytes += cache.length
    for (const oldest of this.#caches.keys()) {
      if (this.#bytes <= this.#most) break
      this.#delete(oldest)
    }
  }

  #delete(key: string): void {
    this.#bytes -= this.#caches.get(key)?.length ?? 0
    this.#caches.delete(key)
  }
}
