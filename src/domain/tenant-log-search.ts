import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../base/app-error.ts'
import type { SearchQuery } from '../contract/search-query.ts'
import {
  countTenantLogs,
  findTenantLog,
  type LogFilter,
  searchTenantLogs,
} from '../store/tenant-log-search.ts'
import type { Deps } from './deps.ts'
import { parseSearchQuery } from './search-query.ts'
import type { Tenant } from './tenant.ts'

/** An entry as `GET /logs` shows it. */
export type LogView = Readonly<Record<string, unknown>>

/** Totals are counted as far as pages reach, and no further. */
const mostCounted = 1000

/** @throws AppError `log_not_found` */
export async function getTenantLog(deps: Deps, tenant: Tenant, logId: string): Promise<LogView> {
  const row = await findTenantLog(deps.db, tenant.id, logId)
  if (row === undefined) throw new AppError('log_not_found')
  return row.entry
}

/**
 * A page of the log, newest first unless asked otherwise.
 *
 * @param query.sort `date:1` or `date:-1`; ids sort as their times do
 * @param query.search in the language of `parseSearchQuery`
 * @param query.userId only entries of this user
 * @returns `total` counts at most 1,000 entries; 0 when it was not asked for
 * @throws AppError `invalid_query_string` for a search that cannot be read and a sort that is not kept
 */
export async function searchLogs(
  deps: Deps,
  tenant: Tenant,
  query: {
    search?: string | undefined
    userId?: string | undefined
    sort?: string | undefined
    start: number
    limit: number
    withTotal: boolean
  },
): Promise<{ logs: LogView[]; total: number }> {
  const search = query.search?.trim() ? parseSearchQuery(query.search) : undefined
  const filter: LogFilter = {
    ...(search && idsOf(search)),
    userId: query.userId ?? (search && userOf(search)),
    types: search && uniqueTypes(search),
    query: search,
  }
  const { start, limit } = query
  const ascending = isAscending(query.sort ?? 'date:-1')
  const rows = await searchTenantLogs(deps.db, tenant.id, filter, { ascending, start, limit })
  const total = query.withTotal ? await countTenantLogs(deps.db, tenant.id, filter, mostCounted) : 0
  return { logs: rows.map(({ entry }) => entry), total }
}

function isAscending(sort: string): boolean {
  const [member = '', direction] = sort.split(':')
  if (['date', 'log_id', '_id'].includes(member)) return direction !== '-1'
  throw new AppError('invalid_query_string', {
    message: "Query validation error: 'Logs can be sorted by date' on property sort.",
  })
}

/** The longest that an entry may take from its time to its commit and still be seen by every reader. */
const settleMs = 1000

/**
 * Entries after `fromId` in the order of their ids, for a reader who goes on from the last id and so
 * never looks back.
 *
 * An id is made from the time before its entry is committed, so an entry with a smaller id may appear
 * after one with a greater id. Therefore only entries that are a second old are returned. When younger
 * ones are there, the answer waits that second for them: it holds everything that was written before
 * the question, and nothing that a late neighbour could still slip in front of.
 */
export async function readLogsAfter(
  deps: Deps,
  tenant: Tenant,
  { fromId, take }: { fromId: string; take: number },
): Promise<LogView[]> {
  const asked = deps.clock.now()
  const read = async (until: number) => {
    const filter = { fromId, toId: lastLogIdAt(until), userId: undefined, types: undefined }
    return searchTenantLogs(
      deps.db,
      tenant.id,
      { ...filter, query: undefined },
      { ascending: true, start: 0, limit: take },
    )
  }
  const settled = await read(asked - settleMs)
  if (settled.length === take) return settled.map(({ entry }) => entry)
  const all = await read(asked)
  if (all.length === settled.length) return settled.map(({ entry }) => entry)
  await sleep(settleMs)
  return (await read(asked)).map(({ entry }) => entry)
}

/** The greatest `log_id` of a time: 90020, the time in 14 digits, 37 digits of order and chance. */
export const lastLogIdAt = (time: number) =>
  `90020${String(Math.max(time, 0)).padStart(14, '0')}${'9'.repeat(37)}`

const dayMs = 86_400_000

/**
 * The range of ids that a search can only find anything in, from the times that it names: an id begins
 * with the time of its entry. Never too narrow; the search itself is asked all the same.
 */
function idsOf(query: SearchQuery): { fromId?: string; toId?: string } {
  if (query.kind === 'and') {
    const ranges = query.parts.map(idsOf)
    const from = ranges.flatMap(({ fromId }) => fromId ?? []).sort()
    const to = ranges.flatMap(({ toId }) => toId ?? []).sort()
    return {
      ...(from.length > 0 && { fromId: from.at(-1) ?? '' }),
      ...(to[0] !== undefined && { toId: to[0] }),
    }
  }
  if (query.kind !== 'range' || query.field !== 'date') return {}
  const from = timeOf(query.from)
  const to = timeOf(query.to)
  return {
    ...(from !== undefined && { fromId: lastLogIdAt(from - 1) }),
    // A day as the upper end means all of it.
    ...(to !== undefined && { toId: lastLogIdAt(to + dayMs) }),
  }
}

/** Times that are compared as texts with those of entries; others narrow nothing. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\d(T\d\d:\d\d.*Z)?$/.test(text)) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

const uniqueTypes = (search: SearchQuery): string[] | undefined => {
  const types = typesOf(search)
  return types && [...new Set(types)]
}

/** The one user that a search admits, when it names one. */
function userOf(query: SearchQuery): string | undefined {
  if (query.kind === 'and') return query.parts.map(userOf).find((user) => user !== undefined)
  const named = query.kind === 'term' && query.field === 'user_id' && query.pieces.length === 1
  return named ? query.value : undefined
}

/** The types that a search admits, when it names them; undefined when it admits others too. */
function typesOf(query: SearchQuery): string[] | undefined {
  switch (query.kind) {
    case 'term':
      return query.field === 'type' && query.pieces.length === 1 ? [query.value] : undefined
    case 'and': {
      const named = query.parts.map(typesOf).filter((types) => types !== undefined)
      return named[0]
    }
    case 'or': {
      const named = query.parts.map(typesOf)
      return named.every((types) => types !== undefined) ? named.flat() : undefined
    }
    default:
      return undefined
  }
}
