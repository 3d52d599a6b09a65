import { Type } from 'typebox'
import { AppError } from '../../base/app-error.ts'

const maxPageSize = 100
/** How far offset paging reaches where the original limits it. */
export const reachableRows = 1000

/** Query members of offset paging; spread into the route's query shape. */
export const offsetQuery = {
  page: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })),
  per_page: Type.Optional(Type.Integer({ minimum: 0, maximum: maxPageSize })),
  include_totals: Type.Optional(Type.Boolean()),
}

/** Query members of checkpoint paging. */
export const checkpointQuery = {
  take: Type.Optional(Type.Integer({ minimum: 1, maximum: maxPageSize })),
  from: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
}

/** Query members of field selection. */
export const fieldsQuery = {
  fields: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 100 })),
  include_fields: Type.Optional(Type.Boolean()),
}

export type OffsetPage = {
  mode: 'offset'
  /** Rows to pass over. */
  start: number
  limit: number
  includeTotals: boolean
}

export type CheckpointPage = {
  mode: 'checkpoint'
  take: number
  /** What `encodeCursor` was given for the last row of the former page; absent on the first page. */
  after?: readonly string[]
}

type OffsetInput = { page?: number; per_page?: number; include_totals?: boolean }
type CheckpointInput = { take?: number; from?: string }

/**
 * Reads offset paging.
 *
 * @param options.perPage page size when none is asked for
 * @param options.reach refuses pages that reach beyond this many rows
 * @throws AppError `page_out_of_reach`
 */
export function offsetPage(
  query: OffsetInput,
  { perPage = 50, reach }: { perPage?: number; reach?: number } = {},
): OffsetPage {
  const limit = query.per_page ?? perPage
  const start = (query.page ?? 0) * limit
  if (reach !== undefined && start + limit > reach) throw new AppError('page_out_of_reach')
  return { mode: 'offset', start, limit, includeTotals: query.include_totals ?? false }
}

/**
 * Reads either mode: `take` or `from` alone selects checkpoint paging, whatever else is asked for.
 *
 * @throws AppError `invalid_query_string` for a cursor that is not ours
 */
export function anyPage(
  query: OffsetInput & CheckpointInput,
  options: { perPage?: number; reach?: number } = {},
): OffsetPage | CheckpointPage {
  if (query.take === undefined && query.from === undefined) return offsetPage(query, options)
  return checkpointPage(query)
}

/** @throws AppError `invalid_query_string` for a cursor that is not ours */
export function checkpointPage(query: CheckpointInput): CheckpointPage {
  return {
    mode: 'checkpoint',
    take: query.take ?? 50,
    ...(query.from !== undefined && { after: decodeCursor(query.from) }),
  }
}

/** The sort key of a row as an opaque cursor. */
export const encodeCursor = (key: readonly string[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url')

function decodeCursor(cursor: string): string[] {
  let key: unknown
  try {
    key = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    key = undefined
  }
  const isKey = (value: unknown): value is string[] =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((part) => typeof part === 'string' && !part.includes('\u0000'))
  if (!isKey(key)) throw invalidCursor()
  return key
}

/** The refusal of a cursor whose parts make no sense to the route that reads them. */
export const invalidCursor = (): AppError =>
  new AppError('invalid_query_string', {
    message: "Query validation error: 'Invalid cursor' on property from.",
  })

/**
 * The body of an offset page: a bare array, or with `include_totals` the wrapper of the family.
 *
 * @param family.length whether the wrapper has `length` (users and logs)
 */
export function offsetBody<Item>(
  page: OffsetPage,
  family: { key: string; length?: boolean },
  items: readonly Item[],
  total: number,
): readonly Item[] | Record<string, unknown> {
  if (!page.includeTotals) return items
  return {
    start: page.start,
    limit: page.limit,
    ...(family.length && { length: items.length }),
    [family.key]: items,
    total,
  }
}

/**
 * The body of a checkpoint page, from up to `take + 1` rows: the one too many says that there is more.
 */
export function checkpointBody<Row>(
  page: CheckpointPage,
  key: string,
  rows: readonly Row[],
  cursorOf: (row: Row) => readonly string[],
  show: (row: Row) => unknown,
): Record<string, unknown> {
  const shown = rows.slice(0, page.take)
  const last = shown.at(-1)
  return {
    [key]: shown.map(show),
    ...(rows.length > page.take && last !== undefined && { next: encodeCursor(cursorOf(last)) }),
  }
}

/**
 * `fields` and `include_fields`: keeps the named members, or with `include_fields=false` leaves them out.
 *
 * @param always members that are returned whatever is asked for
 */
export function selectFields(
  object: Readonly<Record<string, unknown>>,
  query: { fields?: readonly string[]; include_fields?: boolean },
  always: readonly string[] = [],
): Record<string, unknown> {
  const named = new Set(query.fields)
  if (named.size === 0) return { ...object }
  const included = query.include_fields ?? true
  return Object.fromEntries(
    Object.entries(object).filter(
      ([member]) => always.includes(member) || named.has(member) === included,
    ),
  )
}
