import { AppError } from '../base/app-error.ts'
import type { SearchQuery, SearchTerm } from '../contract/search-query.ts'

const maxTokens = 200
const maxDepth = 20

type Token =
  | { kind: '(' | ')' | 'AND' | 'OR' | 'NOT' }
  | { kind: 'field'; name: string }
  | { kind: 'phrase' | 'word'; value: string }
  | { kind: 'range'; from: string; to: string; includesFrom: boolean; includesTo: boolean }

const token =
  /\s*(?:(?<open>\()|(?<close>\))|(?<and>AND(?=[\s(]|$)|&&)|(?<or>OR(?=[\s(]|$)|\|\|)|(?<not>NOT(?=[\s(]|$)|!|[-+](?=[^\s]))|(?<field>[A-Za-z_][\w.]*):|"(?<phrase>(?:[^"\\]|\\.)*)"|(?<left>[[{])\s*(?<from>"[^"]*"|[^\s\]}]+)\s+TO\s+(?<to>"[^"]*"|[^\s\]}]+)\s*(?<right>[\]}])|(?<word>(?:[^\s()"[\]{}:\\]|\\.|:(?=[^\s"([{]))+))/y

/**
 * Reads the Lucene subset that searches of users and logs share: `field:value`, `"exact phrase"`,
 * wildcards, `[a TO b]` and `{a TO b}`, `_exists_:field`, `AND`, `OR`, `NOT`, `-`, parentheses. Terms
 * with nothing between them are alternatives, as in Lucene.
 *
 * @throws AppError `invalid_query_string` for what cannot be read
 */
export function parseSearchQuery(text: string): SearchQuery {
  const reader = new Reader(tokensOf(text))
  const query = reader.alternatives(0)
  if (reader.peek() !== undefined) throw unreadable('unexpected closing parenthesis')
  return query
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  token.lastIndex = 0
  const end = text.trimEnd().length
  while (token.lastIndex < end) {
    const found = token.exec(text)?.groups
    if (found === undefined) throw unreadable('unbalanced quotes or brackets')
    if (tokens.length >= maxTokens) throw unreadable('too many terms')
    if (found.not === '+') continue // required: the terms are, unless OR says otherwise
    tokens.push(tokenOf(found))
  }
  if (tokens.length === 0) throw unreadable('no term')
  return tokens
}

function tokenOf(found: Record<string, string | undefined>): Token {
  if (found.open) return { kind: '(' }
  if (found.close) return { kind: ')' }
  if (found.and) return { kind: 'AND' }
  if (found.or) return { kind: 'OR' }
  if (found.not) return { kind: 'NOT' }
  if (found.field !== undefined) return { kind: 'field', name: found.field }
  if (found.phrase !== undefined) return { kind: 'phrase', value: withoutEscapes(found.phrase) }
  if (found.from !== undefined && found.to !== undefined) {
    return {
      kind: 'range',
      from: unquote(found.from),
      to: unquote(found.to),
      includesFrom: found.left === '[',
      includesTo: found.right === ']',
    }
  }
  return { kind: 'word', value: found.word ?? '' }
}

/** Recursive descent over the tokens: alternatives of conjunctions of (negated) terms and groups. */
class Reader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  peek(): Token | undefined {
    return this.#tokens[this.#at]
  }

  alternatives(depth: number, field?: string): SearchQuery {
    if (depth > maxDepth) throw unreadable('nested too deeply')
    const parts = [this.#conjunction(depth, field)]
    for (;;) {
      const next = this.peek()
      if (next === undefined || next.kind === ')') break
      if (next.kind === 'OR') this.#at += 1
      parts.push(this.#conjunction(depth, field))
    }
    return joined('or', parts)
  }

  #conjunction(depth: number, field: string | undefined): SearchQuery {
    const parts = [this.#negatable(depth, field)]
    for (;;) {
      const next = this.peek()
      if (next?.kind === 'AND') this.#at += 1
      // `a NOT b` is how people write `a AND NOT b`; as an alternative it would find nearly all.
      else if (next?.kind !== 'NOT') break
      parts.push(this.#negatable(depth, field))
    }
    return joined('and', parts)
  }

  #negatable(depth: number, field: string | undefined): SearchQuery {
    let negated = false
    while (this.peek()?.kind === 'NOT') {
      negated = !negated
      this.#at += 1
    }
    const part = this.#single(depth, field)
    return negated ? { kind: 'not', part } : part
  }

  #single(depth: number, field: string | undefined): SearchQuery {
    const next = this.peek()
    if (next === undefined) throw unreadable('a term is missing at the end')
    this.#at += 1
    switch (next.kind) {
      case '(': {
        const group = this.alternatives(depth + 1, field)
        if (this.peek()?.kind !== ')') throw unreadable('a parenthesis is not closed')
        this.#at += 1
        return group
      }
      case 'field':
        if (field !== undefined) throw unreadable('a field inside the values of a field')
        return next.name === '_exists_' ? this.#exists() : this.#single(depth, next.name)
      case 'range': {
        if (field === undefined) throw unreadable('a range needs a field')
        const { from, to, ...range } = next
        return {
          ...range,
          field,
          ...(from !== '*' && { from }),
          ...(to !== '*' && { to }),
        }
      }
      case 'phrase':
        return term(field, next.value, [next.value])
      case 'word':
        return this.#word(field, next.value)
      default:
        throw unreadable(`unexpected ${next.kind}`)
    }
  }

  #word(field: string | undefined, word: string): SearchQuery {
    if (field !== undefined) {
      const compared = /^([<>]=?)(.+)$/.exec(word)
      if (compared?.[1] !== undefined && compared[2] !== undefined) {
        return comparison(field, compared[1], withoutEscapes(compared[2]))
      }
    }
    const pieces = word.split(/(?<!\\)\*/).map(withoutEscapes)
    if (pieces.length > 10) throw unreadable('too many wildcards')
    return term(field, withoutEscapes(word), pieces)
  }

  #exists(): SearchQuery {
    const name = this.peek()
    if (name?.kind !== 'word' && name?.kind !== 'phrase') throw unreadable('_exists_ needs a field')
    this.#at += 1
    return { kind: 'exists', field: name.value }
  }
}

function comparison(field: string, operator: string, value: string): SearchQuery {
  const inclusive = operator.endsWith('=')
  const bounds = { kind: 'range', field, includesFrom: inclusive, includesTo: inclusive } as const
  return operator.startsWith('>') ? { ...bounds, from: value } : { ...bounds, to: value }
}

const term = (field: string | undefined, value: string, pieces: readonly string[]): SearchTerm => ({
  kind: 'term',
  ...(field !== undefined && { field }),
  value,
  pieces,
})

const joined = (kind: 'and' | 'or', parts: SearchQuery[]): SearchQuery =>
  parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind, parts }

const withoutEscapes = (text: string) => text.replace(/\\(.)/gs, '$1')
const unquote = (text: string) => text.replace(/^"(.*)"$/s, '$1')

const unreadable = (reason: string) =>
  new AppError('invalid_query_string', {
    message: `Query validation error: 'Search query cannot be read: ${reason}' on property q.`,
  })
