import type { SearchQuery, SearchTerm } from '../contract/search-query.ts'
import { join, type Query, sql } from './sql.ts'

/** What a search of users may be narrowed to; several members narrow together. */
export type UserFilter = {
  connection?: string | undefined
  query?: SearchQuery | undefined
}

/**
 * The conditions of a filter. What an index can serve becomes a condition on its column; the whole
 * search is one more, as a single parameter, so there are few texts of statements however many
 * searches are asked.
 */
export function userConditions({ connection, query }: UserFilter): Query[] {
  const known = query === undefined ? {} : demanded(query)
  const named = connection ?? known.connection
  return [
    ...(named === undefined ? [] : [sql`connection = ${named}`]),
    ...(known.phone_number === undefined ? [] : [sql`phone_number = ${known.phone_number}`]),
    ...(known.email === undefined ? [] : [sql`email = ${known.email}`]),
    ...(known.user_id === undefined ? [] : [sql`user_id = ${known.user_id}`]),
    ...(query === undefined
      ? []
      : [sql`(${searched(query)}) @@ ${userPath(query)}::text::jsonpath`]),
  ]
}

/**
 * A user as a search sees it: the members of the wire object, and the domain of the address. Only the
 * parts that the search asks about are put together: measured, that is most of the time of a search
 * that no index serves.
 */
function searched(query: SearchQuery): Query {
  const asked = fieldsOf(query)
  const asksOneOf = (members: ReadonlySet<string>) => asked.some((field) => members.has(field))
  return join(
    [
      sql`profile`,
      ...(asksOneOf(columnMembers) ? [columnPart] : []),
      ...(asksOneOf(timeMembers) ? [timePart] : []),
      ...(asked.some((field) => field.startsWith('identities.')) ? [identityPart] : []),
      ...(asked.some((field) => /^(user|app)_metadata(\.|$)/.test(field)) ? [metadataPart] : []),
    ],
    ' || ',
  )
}

/** The fields that a search names; a bare term names several. */
function fieldsOf(query: SearchQuery): readonly string[] {
  switch (query.kind) {
    case 'and':
    case 'or':
      return query.parts.flatMap(fieldsOf)
    case 'not':
      return fieldsOf(query.part)
    default:
      return query.field === undefined ? unnamed : [query.field]
  }
}

const columnMembers: ReadonlySet<string> = new Set([
  'user_id',
  'connection',
  'phone_number',
  'email',
  'email.domain',
  'username',
  'phone_verified',
  'blocked',
  'last_ip',
  'logins_count',
])
const columnPart = sql`
  jsonb_strip_nulls(jsonb_build_object(
    'user_id', user_id, 'connection', connection, 'phone_number', phone_number, 'email', email,
    'email_domain', split_part(email, '@', 2), 'username', username,
    'phone_verified', phone_verified, 'blocked', blocked, 'last_ip', last_ip,
    'logins_count', logins_count))`

const timeMembers: ReadonlySet<string> = new Set(['created_at', 'updated_at', 'last_login'])
const timePart = sql`
  jsonb_strip_nulls(jsonb_build_object(
    'created_at', to_char(to_timestamp(created_at / 1000.0) at time zone 'utc',
                          'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'updated_at', to_char(to_timestamp(updated_at / 1000.0) at time zone 'utc',
                          'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'last_login', to_char(to_timestamp(last_login / 1000.0) at time zone 'utc',
                          'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))`

const identityPart = sql`
  jsonb_build_object('identities', jsonb_build_object('connection', connection,
    'provider', split_part(user_id, '|', 1), 'user_id', split_part(user_id, '|', 2)))`

const metadataPart = sql`
  case when user_metadata is null then '{}' else jsonb_build_object('user_metadata', user_metadata) end
  || case when app_metadata is null then '{}' else jsonb_build_object('app_metadata', app_metadata) end`

type Demanded = { connection?: string; phone_number?: string; email?: string; user_id?: string }

/** The columns whose value the search leaves no choice about. */
function demanded(query: SearchQuery): Demanded {
  if (query.kind === 'and') return Object.assign({}, ...query.parts.map(demanded))
  if (query.kind !== 'term' || query.pieces.length > 1) return {}
  switch (query.field) {
    case 'phone_number':
      return { phone_number: query.value }
    case 'email':
      return { email: query.value.toLowerCase() }
    case 'user_id':
      return { user_id: query.value }
    case 'connection':
    case 'identities.connection':
      return { connection: query.value }
    default:
      return {}
  }
}

/** Members whose letters' case does not matter. */
const names = new Set(['name', 'nickname', 'given_name', 'family_name', 'username', 'email'])

/** Members that a word without a field is looked for in. */
const unnamed = ['name', 'nickname', 'username', 'email', 'phone_number', 'user_id']

/** Members that may be searched. Source: management-api 8.5. */
const searchable = new Set([
  ...names,
  ...unnamed,
  'phone_verified',
  'email_verified',
  'connection',
  'blocked',
  'created_at',
  'updated_at',
  'last_login',
  'last_ip',
  'logins_count',
  'identities.connection',
  'identities.provider',
  'identities.user_id',
])

/** Where a field is found; undefined for fields that nobody has. */
function place(field: string): string | undefined {
  if (field === 'email.domain') return '$."email_domain"'
  const [root] = field.split('.', 1)
  const isMetadata = root === 'user_metadata' || root === 'app_metadata'
  if (!searchable.has(field) && !isMetadata) return undefined
  return `$.${field.split('.').map(quoted).join('.')}`
}

/** A search as a predicate of PostgreSQL's SQL/JSON path language. */
export function userPath(query: SearchQuery): string {
  switch (query.kind) {
    case 'and':
      return query.parts.map((part) => `(${userPath(part)})`).join(' && ')
    case 'or':
      return query.parts.map((part) => `(${userPath(part)})`).join(' || ')
    case 'not':
      return `!(${userPath(query.part)})`
    case 'exists': {
      const at = place(query.field)
      return at === undefined ? nothing : `exists(${at})`
    }
    case 'range':
      return rangePath(query)
    case 'term': {
      if (query.field !== undefined) return termPath(query.field, query)
      return unnamed.map((field) => `(${termPath(field, query)})`).join(' || ')
    }
  }
}

/** A predicate that holds for nobody; its negation holds for all. */
const nothing = '!(exists($))'

function rangePath(range: Extract<SearchQuery, { kind: 'range' }>): string {
  const { field, from, to, includesFrom, includesTo } = range
  const at = place(field)
  if (at === undefined) return nothing
  const isCount = field === 'logins_count'
  if (isCount && ![from, to].every((end) => end === undefined || isNumber(end))) return nothing
  // A day as the upper end means all of it: no time sorts after `2025-01-01~`.
  const upper = to !== undefined && includesTo && !isCount ? `${to}~` : to
  const bounds = [
    ...(from === undefined ? [] : [`${at} >${includesFrom ? '=' : ''} ${end(from, isCount)}`]),
    ...(upper === undefined ? [] : [`${at} <${includesTo ? '=' : ''} ${end(upper, isCount)}`]),
  ]
  return bounds.length === 0 ? `exists(${at})` : bounds.join(' && ')
}

const end = (text: string, isCount: boolean) => (isCount ? text : quoted(text))

function termPath(field: string, { value, pieces }: SearchTerm): string {
  const at = place(field)
  if (at === undefined) return nothing
  if (pieces.length > 1) {
    if (pieces.every((piece) => piece === '')) return `exists(${at})`
    const pattern = `^${pieces.map(literal).join('.*')}$`
    return `${at} like_regex ${quoted(pattern)} flag "${names.has(field) ? 'is' : 's'}"`
  }
  if (names.has(field)) return `${at} like_regex ${quoted(`^${literal(value)}$`)} flag "is"`
  const isLiteral = value === 'true' || value === 'false' || isNumber(value)
  return isLiteral ? `${at} == ${quoted(value)} || ${at} == ${value}` : `${at} == ${quoted(value)}`
}

const isNumber = (text: string) => /^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,10})?$/.test(text)

const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

const quoted = (text: string) => JSON.stringify(text)
