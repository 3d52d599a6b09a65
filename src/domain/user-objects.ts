import { listUsersWithFactor } from '../store/authentication-methods.ts'
import type { UserRow } from '../store/users.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'
import { userObject } from './user-profile.ts'

/** Users as `/api/v2/users` shows them, with `multifactor` for those who have a second factor. */
export async function userObjects(
  deps: Deps,
  tenant: Tenant,
  users: readonly UserRow[],
): Promise<Record<string, unknown>[]> {
  if (users.length === 0) return []
  const ids = users.map(({ user_id }) => user_id)
  const owners = await listUsersWithFactor(deps.db, tenant.id, ids)
  const having = new Set(owners.map(({ user_id }) => user_id))
  return users.map((user) => ({
    ...userObject(user),
    ...(having.has(user.user_id) && { multifactor: ['guardian'] }),
  }))
}
