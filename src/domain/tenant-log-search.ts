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
 * @param query.search in the language of `parseSearchQuery`
 * @param query.userId only entries of this user
 * @returns `total` counts at most 1,000 entries; 0 when it was not asked for
 * @throws AppError `invalid_query_string` for a search that cannot be read
 */
export async function searchLogs(
  deps: Deps,
  tenant: Tenant,
  query: {
    search?: string | undefined
    userId?: string | undefined
    ascending: boolean
    start: number
    limit: number
    withTotal: boolean
  },
): Promise<{ logs: LogView[]; total: number }> {
  const search = query.search?.trim() ? parseSearchQuery(query.search) : undefined
  const filter: LogFilter = {
    fromId: '',
    toId: greatestId,
    userId: query.userId,
    types: search && typesOf(search),
    query: search,
  }
  const rows = await searchTenantLogs(deps.db, tenant.id, filter, query)
  const total = query.withTotal ? await countTenantLogs(deps.db, tenant.id, filter, mostCounted) : 0
  return { logs: rows.map(({ entry }) => entry), total }
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
const greatestId = '9'.repeat(56)

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
