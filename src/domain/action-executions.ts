import { AppError } from '../base/app-error.ts'
import { findActionExecution } from '../store/action-executions.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/** What became of one run. @throws AppError `action_execution_not_found` */
export async function getExecution(
  deps: Deps,
  tenant: Tenant,
  id: string,
): Promise<Record<string, unknown>> {
  const row = await findActionExecution(deps.db, tenant.id, id)
  if (row === undefined) throw new AppError('action_execution_not_found')
  return {
    id: row.id,
    trigger_id: row.trigger_id,
    status: row.status,
    results: row.results,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  }
}
