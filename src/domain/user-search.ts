import { AppError } from '../base/app-error.ts'
import { userConditions } from '../store/user-search.ts'
import { countAllUsers, countUsers, listUsers, userSortColumns } from '../store/users.ts'
import type { Deps } from './deps.ts'
import { parseSearchQuery } from './search-query.ts'
import type { Tenant } from './tenant.ts'
import { userObjects } from './user-objects.ts'

/** Totals of a search are counted as far as pages reach, and no further. */
const mostCounted = 1000

/**
 * A page of users, newest first unless asked otherwise.
 *
 * Totals cost the same at any number of users: that of all comes from counters, that of a search stops
 * at 1,000. Sorting is by what an index holds in order.
 *
 * @throws AppError `invalid_query_string` for a search that cannot be read and a sort that is not kept
 */
export async function searchUsers(
  deps: Deps,
  tenant: Tenant,
  query: {
    connection?: string | undefined
    search?: string | undefined
    /** `member:1` or `member:-1`. */
    sort?: string | undefined
    start: number
    limit: number
    withTotal: boolean
  },
): Promise<{ users: Record<string, unknown>[]; total: number }> {
  const parsed = query.search?.trim() ? parseSearchQuery(query.search) : undefined
  const where = userConditions({ connection: query.connection, query: parsed })
  const rows = await listUsers(deps.db, tenant.id, {
    where,
    sort: readSort(query.sort ?? 'created_at:-1'),
    limit: query.limit,
    offset: query.start,
  })
  const total = query.withTotal ? await totalOf(deps, tenant, where, query, rows.length) : 0
  return { users: await userObjects(deps, tenant, rows), total }
}

async function totalOf(
  deps: Deps,
  tenant: Tenant,
  where: ReturnType<typeof userConditions>,
  { start, limit }: { start: number; limit: number },
  found: number,
): Promise<number> {
  if (where.length === 0) return countAllUsers(deps.db, tenant.id)
  // A page that is not full shows where the list ends: counting would look at all of it once more.
  if (found < limit && (found > 0 || start === 0)) return start + found
  return countUsers(deps.db, tenant.id, where, mostCounted)
}

function readSort(sort: string) {
  const [member, direction] = sort.split(':')
  const column = userSortColumns.find((known) => known === member)
  if (column === undefined) {
    throw new AppError('invalid_query_string', {
      message: `Query validation error: 'Users can be sorted by ${userSortColumns.join(', ')}' on property sort.`,
    })
  }
  return { column, descending: direction === '-1' }
}
