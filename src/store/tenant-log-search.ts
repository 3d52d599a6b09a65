import { type Static, Type } from 'typebox'
import type { SearchQuery, SearchTerm } from '../contract/search-query.ts'
import type { Db } from './db.ts'
import { sql } from './sql.ts'

/** An entry with the columns that lists are cut by. */
export const FoundLogRow = Type.Object({
  log_id: Type.String(),
  entry: Type.Record(Type.String(), Type.Unknown()),
})
export type FoundLogRow = Static<typeof FoundLogRow>

export type LogFilter = {
  /** Ids in this range: `from` excluded, `to` included. Absent: no bound on that side. */
  fromId?: string | undefined
  toId?: string | undefined
  userId: string | undefined
  /** Every entry that matches has one of these types; a part of `query` that an index can serve. */
  types: readonly string[] | undefined
  query: SearchQuery | undefined
}

export const findTenantLog = (db: Db, tenantId: string, logId: string) =>
  db.first(
    FoundLogRow,
    sql`
    select log_id, entry from tenant_logs where tenant_id = ${tenantId} and log_id = ${logId}`,
  )

/**
 * Entries in the order of their ids. Those of several types are the first of each type, put together:
 * an index holds each type in this order, but not several.
 */
export function searchTenantLogs(
  db: Db,
  tenantId: string,
  filter: LogFilter,
  page: { ascending: boolean; start: number; limit: number },
): Promise<FoundLogRow[]> {
  const ordered = sql`order by log_id ${page.ascending ? sql`asc` : sql`desc`}`
  const { types, ...others } = filter
  if (types === undefined || filter.userId !== undefined) {
    return db.rows(
      FoundLogRow,
      sql`
      select log_id, entry from tenant_logs where ${matching(tenantId, filter)}
       ${ordered} offset ${page.start} limit ${page.limit}`,
    )
  }
  return db.rows(
    FoundLogRow,
    sql`
    select found.log_id, found.entry from unnest(${types}::text[]) as wanted (type), lateral (
      select log_id, entry from tenant_logs
       where ${matching(tenantId, { ...others, types: undefined })} and type = wanted.type
       ${ordered} limit ${page.start + page.limit}) as found
     ${ordered} offset ${page.start} limit ${page.limit}`,
  )
}

const CountRow = Type.Object({ total: Type.Number() })

/** How many entries match, counted up to `most` and no further. */
export async function countTenantLogs(
  db: Db,
  tenantId: string,
  filter: LogFilter,
  most: number,
): Promise<number> {
  const row = await db.first(
    CountRow,
    sql`
    select count(*) as total from (
      select from tenant_logs where ${matching(tenantId, filter)} limit ${most}) found`,
  )
  return row?.total ?? 0
}

function matching(tenantId: string, { fromId, toId, userId, types, query }: LogFilter) {
  return sql`
    tenant_id = ${tenantId} and log_id > ${fromId ?? ''} and log_id <= ${toId ?? greatestId}
    ${userId === undefined ? sql`` : sql`and user_id = ${userId}`}
    ${types === undefined ? sql`` : sql`and type = any(${types}::text[])`}
    ${query === undefined ? sql`` : sql`and entry @@ ${logPath(query)}::text::jsonpath`}`
}

const greatestId = '9'.repeat(56)

const textFields = [
  'client_name',
  'connection',
  'description',
  'ip',
  'log_id',
  'type',
  'user_name',
] as const

/** Members of an entry that may be searched. Source: Auth0's log search query syntax. */
const searchable = new Set<string>([
  ...textFields,
  'client_id',
  'connection_id',
  'date',
  'hostname',
  'organization_id',
  'strategy',
  'strategy_type',
  'user_agent',
  'user_id',
])

/**
 * A search as a predicate in PostgreSQL's SQL/JSON path language. The whole search is one parameter, so
 * the statement has one text and one prepared plan whatever is asked; strings in it are quoted as JSON,
 * which is how the path language quotes them.
 */
export function logPath(query: SearchQuery): string {
  switch (query.kind) {
    case 'and':
      return query.parts.map((part) => `(${logPath(part)})`).join(' && ')
    case 'or':
      return query.parts.map((part) => `(${logPath(part)})`).join(' || ')
    case 'not':
      return `!(${logPath(query.part)})`
    case 'exists':
      return searchable.has(query.field) ? `exists($.${query.field})` : nothing
    case 'range': {
      const { field, from, to, includesFrom, includesTo } = query
      if (!searchable.has(field)) return nothing
      const bounds = [
        ...(from === undefined ? [] : [`$.${field} >${includesFrom ? '=' : ''} ${quoted(from)}`]),
        // A day as the upper end means all of it: no time sorts after `2025-01-01~`.
        ...(to === undefined
          ? []
          : [`$.${field} <${includesTo ? '=' : ''} ${quoted(includesTo ? `${to}~` : to)}`]),
      ]
      return bounds.length === 0 ? `exists($.${field})` : bounds.join(' && ')
    }
    case 'term':
      return query.field === undefined
        ? textFields.map((field) => `(${termPath(field, query)})`).join(' || ')
        : searchable.has(query.field)
          ? termPath(query.field, query)
          : nothing
  }
}

/** A predicate that holds for no entry; its negation holds for all. */
const nothing = '!(exists($))'

function termPath(field: string, { field: asked, value, pieces }: SearchTerm): string {
  if (pieces.length > 1 && pieces.every((piece) => piece === '')) return `exists($.${field})`
  if (pieces.length > 1) {
    return `$.${field} like_regex ${quoted(`^${pieces.map(literal).join('.*')}$`)} flag "s"`
  }
  // A bare word is looked for inside the one member that holds sentences.
  return asked === undefined && field === 'description'
    ? `$.${field} like_regex ${quoted(literal(value))} flag "s"`
    : `$.${field} == ${quoted(value)}`
}

const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

const quoted = (text: string) => JSON.stringify(text)
