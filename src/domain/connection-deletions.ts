import { listConnectionDeletions, removeConnectionDeletion } from '../store/connection-deletions.ts'
import { deleteSomeUsersOfConnection } from '../store/users.ts'
import type { Deps } from './deps.ts'

/** A statement that deletes more would hold up sign-ins of the tenant. */
const usersAtOnce = 1000

/**
 * Removes the users of a connection that is gone, a batch at a time, and then gives its name free.
 * Several nodes may do it at once. A node that stops leaves the rest to `resumeConnectionDeletions`.
 */
export async function removeUsersOfConnection(
  deps: Deps,
  tenantId: string,
  connection: string,
): Promise<void> {
  for (;;) {
    if (deps.draining.aborted) return
    const removed = await deleteSomeUsersOfConnection(deps.db, tenantId, connection, usersAtOnce)
    if (removed === 0) break
  }
  await removeConnectionDeletion(deps.db, tenantId, connection)
}

/** Goes on with what stopped nodes have left; for the start and for the regular maintenance. */
export async function resumeConnectionDeletions(deps: Deps): Promise<void> {
  for (const { tenant_id, name } of await listConnectionDeletions(deps.db)) {
    await removeUsersOfConnection(deps, tenant_id, name)
  }
}
