import { AppError } from '../base/app-error.ts'
import { randomUuid } from '../base/random.ts'
import { type ActionExecutionRow, findActionExecution } from '../store/action-executions.ts'
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

/** The record of one run, which the log names by its id; kept for ten days. Times in epoch milliseconds. */
export function executionRow(
  deps: Deps,
  tenant: Pick<Tenant, 'id'>,
  run: {
    triggerId: string
    actionName: string
    startedAt: number
    endedAt: number
    error: { id: string; msg: string } | undefined
  },
): ActionExecutionRow {
  const result = {
    action_name: run.actionName,
    error: run.error ? { ...run.error, url: '' } : null,
    started_at: new Date(run.startedAt).toISOString(),
    ended_at: new Date(run.endedAt).toISOString(),
  }
  return {
    tenant_id: tenant.id,
    id: randomUuid(deps.random),
    trigger_id: run.triggerId,
    status: 'final',
    results: [result],
    created_at: run.endedAt,
    updated_at: run.endedAt,
  }
}
