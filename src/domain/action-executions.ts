import { AppError } from '../base/app-error.ts'
import { randomUuid } from '../base/random.ts'
import { findActionExecution, insertActionExecution } from '../store/action-executions.ts'
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

/** One run, for `recordExecution`; times in epoch milliseconds. */
export type ExecutedAction = {
  triggerId: string
  actionName: string
  startedAt: number
  endedAt: number
  error?: { id: string; msg: string }
}

/** Keeps how a run ended, for ten days, in the background. @returns its id, by which the logs name it */
export function recordExecution(
  deps: Deps,
  tenant: Pick<Tenant, 'id'>,
  run: ExecutedAction,
): string {
  const id = randomUuid(deps.random)
  const now = deps.clock.now()
  const result = {
    action_name: run.actionName,
    error: run.error ? { ...run.error, url: '' } : null,
    started_at: new Date(run.startedAt).toISOString(),
    ended_at: new Date(run.endedAt).toISOString(),
  }
  deps.background.run('record-execution', () =>
    insertActionExecution(deps.db, {
      ...{ tenant_id: tenant.id, id, trigger_id: run.triggerId, status: 'final' },
      ...{ results: [result], created_at: now, updated_at: now },
    }),
  )
  return id
}
