import type { LiquidEngine, ParsedTemplate } from './liquid.ts'

/** All cached sources together; a parsed template takes some ten times its source in memory. */
const maxSourceChars = 1_000_000

/**
 * Parsed templates by their source: parsing costs twice what rendering does. The least recently used
 * go first. Equal sources of different tenants share an entry, which holds nothing but the source.
 */
export class ParsedTemplates {
  readonly #engine: LiquidEngine
  /** In the order of last use: a Map keeps the order of insertion. */
  readonly #parsed = new Map<string, ParsedTemplate>()
  readonly #maxChars: number
  #chars = 0

  constructor(engine: LiquidEngine, maxChars = maxSourceChars) {
    this.#engine = engine
    this.#maxChars = maxChars
  }

  /** @throws Error as `LiquidEngine.parse` does; a failure is not kept */
  get(source: string): ParsedTemplate {
    const known = this.#parsed.get(source)
    if (known !== undefined) {
      this.#parsed.delete(source)
      this.#parsed.set(source, known)
      return known
    }
    const parsed = this.#engine.parse(source)
    this.#parsed.set(source, parsed)
    this.#chars += source.length
    for (const oldest of this.#parsed.keys()) {
      if (this.#chars <= this.#maxChars || oldest === source) break
      this.#parsed.delete(oldest)
      this.#chars -= oldest.length
    }
    return parsed
  }

  /** How many templates are held. */
  get size(): number {
    return this.#parsed.size
  }
}
