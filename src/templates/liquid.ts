import {
  Context,
  CycleTag,
  type Emitter,
  ForTag,
  Liquid,
  Parser,
  TablerowTag,
  Tag,
  type TagToken,
  type Template,
  type TopLevelToken,
  TypeGuards,
  toValue,
  toValueSync,
  Value,
} from 'liquidjs'

/**
 * The tags that a template may use. `else`, `elsif`, `when` and the closing tags belong to them.
 * Source: Auth0, "Use Liquid syntax in email templates"; phone templates share the list.
 */
export const allowedTags = [
  'for',
  'cycle',
  'tablerow',
  'if',
  'unless',
  'case',
  'assign',
  'increment',
  'decrement',
  'include',
  'layout',
  'raw',
  'comment',
] as const

/** The filters that a template may use. Source: as `allowedTags`. */
export const allowedFilters = [
  ...['plus', 'minus', 'modulo', 'times', 'floor', 'ceil', 'round', 'divided_by', 'abs'],
  ...['at_least', 'at_most'],
  ...['append', 'prepend', 'capitalize', 'upcase', 'downcase', 'strip', 'lstrip', 'rstrip'],
  ...['strip_newlines', 'split', 'replace', 'replace_first', 'remove', 'remove_first'],
  ...['truncate', 'truncatewords'],
  ...['escape', 'escape_once', 'url_encode', 'url_decode', 'strip_html', 'newline_to_br'],
  ...['slice', 'map', 'sort', 'sort_natural', 'first', 'last', 'join', 'reverse', 'size'],
  ...['date', 'default'],
] as const

/** What one template may cost. Characters and items are counted, as LiquidJS does, not bytes. */
const limits = {
  sourceChars: 20_000,
  nestedTags: 50,
  renderMs: 100,
  memoryUnits: 1_000_000,
  iterations: 10_000,
} as const

/** A template ready to be rendered any number of times. */
export type ParsedTemplate = {
  templates: Template[]
  /** `include` and `layout`, as often as they occur: they render nothing. */
  ignoredTags: readonly string[]
}

/** One LiquidJS engine, narrowed to what a template of ours may do. */
export type LiquidEngine = {
  /** @throws Error when the source does not parse or uses what is not allowed; the message says what */
  parse(source: string): ParsedTemplate
  /**
   * Renders at once, without a turn of the event loop.
   *
   * `scope` must hold plain data and drops only, and is not changed. `trusted` lifts the limits of
   * time and cost, for our own texts, which must render on the busiest machine.
   *
   * @throws Error on a failing filter and at every limit
   */
  render(
    template: ParsedTemplate,
    scope: object,
    options: { maxChars: number; trusted?: boolean },
  ): string
  /** Names of the variables that a template takes from its scope. */
  variables(template: ParsedTemplate): string[]
}

/**
 * Makes an engine on which only the two lists above exist: not what LiquidJS brings along decides.
 *
 * `templates: {}` is not decoration: without it LiquidJS looks for partials in the working directory.
 */
export function createLiquidEngine(): LiquidEngine {
  const liquid = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    templates: {},
    globals: Object.create(null),
    cache: false,
    locale: 'en',
    timezoneOffset: 0,
    parseLimit: limits.sourceChars,
    renderLimit: limits.renderMs,
    memoryLimit: limits.memoryUnits,
  })
  keepOnly(liquid.tags, allowedTags)
  keepOnly(liquid.filters, allowedFilters)
  liquid.registerTag('for', CountedFor)
  liquid.registerTag('tablerow', CountedTablerow)
  liquid.registerTag('cycle', CheckedCycle)
  liquid.registerTag('include', IgnoredTag)
  liquid.registerTag('layout', IgnoredTag)

  return {
    parse(source) {
      const parser = new GuardedParser(liquid)
      return { templates: parser.parse(source), ignoredTags: parser.ignoredTags }
    },
    render({ templates }, scope, { maxChars, trusted = false }) {
      // `increment` writes into the outermost scope, so it gets a copy; without a prototype, because
      // LiquidJS looks a name up with `in`.
      const own = Object.assign(Object.create(null), scope)
      const cost = trusted
        ? { renderLimit: Number.POSITIVE_INFINITY, memoryLimit: Number.POSITIVE_INFINITY }
        : {}
      const context = new Context(own, liquid.options, { sync: true, ...cost }, { liquid })
      const emitter = new CappedEmitter(maxChars)
      toValueSync(liquid.renderer.renderTemplates(templates, context, emitter))
      return emitter.buffer
    },
    variables: ({ templates }) => liquid.globalVariablesSync(templates),
  }
}

/** Why a template was refused, as its author may read it. */
export function parseFailure(error: unknown): string {
  const [message = ''] = error instanceof Error ? error.message.split('\n') : []
  return message.replace(/^undefined filter: (\S+?)(?=,|$)/, 'filter "$1" is not allowed')
}

/**
 * Why a template could not be rendered, fit for a log: a message of ours or of a limit, else only the
 * place, because a filter's message may quote a value.
 */
export function renderFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const known = /^(?:[a-z ]+ limit exceeded|nothing was printed|it does not print the code)/.exec(
    message,
  )
  const [reason = 'it could not be rendered'] = known ?? []
  const [place = ''] = /, line:\d+, col:\d+/.exec(message) ?? []
  return reason + place
}

function keepOnly(known: Record<string, unknown>, allowed: readonly string[]): void {
  for (const name of Object.keys(known)) if (!allowed.includes(name)) delete known[name]
}

/** Parts of other tags: a parent consumes them, so one that reaches the parser stands alone. */
const dependentTags = /^(?:else|elsif|when|end[a-z]+)$/

/** Refuses by name, counts depth before the call stack does, and remembers ignored tags. */
class GuardedParser extends Parser {
  readonly ignoredTags: string[] = []
  #depth = 0

  override parseToken(token: TopLevelToken, remainTokens: TopLevelToken[]) {
    if (TypeGuards.isTagToken(token) && !allowed.has(token.name)) {
      const problem = dependentTags.test(token.name) ? 'stands alone' : 'is not allowed'
      throw new Error(`tag "${token.name}" ${problem}`)
    }
    this.#depth += 1
    if (this.#depth > limits.nestedTags) throw new Error('tags are nested too deeply')
    const parsed = super.parseToken(token, remainTokens)
    this.#depth -= 1
    return parsed
  }
}

const allowed: ReadonlySet<string> = new Set(allowedTags)

/** `include` and `layout` parse; there are no partial templates, so they render nothing. */
class IgnoredTag extends Tag {
  constructor(token: TagToken, remainTokens: TopLevelToken[], liquid: Liquid, parser: Parser) {
    super(token, remainTokens, liquid)
    if (parser instanceof GuardedParser) parser.ignoredTags.push(token.name)
  }

  render(): void {}
}

class CountedFor extends ForTag {
  constructor(token: TagToken, remainTokens: TopLevelToken[], liquid: Liquid, parser: Parser) {
    super(token, remainTokens, liquid, parser)
    this.templates.unshift(iterationCounter(token))
  }
}

class CountedTablerow extends TablerowTag {
  constructor(token: TagToken, remainTokens: TopLevelToken[], liquid: Liquid, parser: Parser) {
    super(token, remainTokens, liquid, parser)
    this.templates.unshift(iterationCounter(token))
  }
}

/** Stands first in a loop's body and counts the rounds of all loops of one rendering. */
const iterationCounter = (token: TagToken): Template => ({
  token,
  render(context: Context): void {
    const counter = context.getRegister('iterations', { count: 0 })
    counter.count += 1
    if (counter.count > limits.iterations) throw new Error('iteration limit exceeded')
  },
})

/** LiquidJS looks at the filters of a `cycle` only when it renders; here they are checked on save. */
class CheckedCycle extends CycleTag {
  constructor(token: TagToken, remainTokens: TopLevelToken[], liquid: Liquid) {
    super(token, remainTokens, liquid)
    for (const candidate of this.arguments()) {
      if (TypeGuards.isFilteredValueToken(candidate)) new Value(candidate, liquid)
    }
  }
}

/** Collects the output and stops a template whose output grows without end. */
class CappedEmitter implements Emitter {
  buffer = ''
  readonly #maxChars: number

  constructor(maxChars: number) {
    this.#maxChars = maxChars
  }

  write(output: unknown): void {
    this.buffer += print(output)
    if (this.buffer.length > this.#maxChars) throw new Error('output limit exceeded')
  }
}

/** A value as LiquidJS prints it. */
function print(output: unknown): string {
  const value: unknown = toValue(output)
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  return Array.isArray(value) ? value.map(print).join('') : String(value)
}
