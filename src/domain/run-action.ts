import { type ActionResult, type ActionTrigger, actionLimits } from '../contract/actions.ts'
import type { TenantLogRow } from '../store/tenant-logs.ts'
import { recordExecution } from './action-executions.ts'
import { type DeployedAction, deployedAction } from './deployed-action.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'
import { tenantLogRow } from './tenant-logs.ts'

/** One run of a tenant's Action, with what is to be logged of it. */
export type ActionRun = {
  result: ActionResult
  executionId: string
  /** The start of its console. */
  logs: string
  /** `actions_execution_failed`, when it failed by itself. */
  entries: readonly TenantLogRow[]
}

const errorClasses = {
  returned: undefined,
  threw: 'action_error',
  timed_out: 'action_timeout',
  killed: 'platform_error',
  not_started: 'platform_error',
  throttled: 'rate_limited',
} as const

/**
 * Runs what is deployed for a trigger and records the execution.
 *
 * @param call.hidden values that no log may hold: the code, the recipient
 * @returns undefined when nothing is deployed
 */
export async function runAction(
  deps: Deps,
  tenant: Tenant,
  trigger: ActionTrigger,
  call: {
    event: () => Promise<Record<string, unknown>>
    hidden: readonly string[]
    limitMs: number
    about: { client_id?: string; user_id?: string }
  },
): Promise<ActionRun | undefined> {
  const action = await deployedAction(deps, tenant, trigger)
  if (action === undefined) return undefined
  const { hidden, limitMs } = call
  const startedAt = deps.clock.now()
  const event = await call.event()
  const { program, secrets } = action
  const result =
    (await deps.actions?.run(program, { event, secrets, hidden, limitMs })) ?? withoutRuntime
  const error = errorOf(result)
  const executionId = await recordExecution(deps, tenant, {
    ...{ triggerId: trigger, actionName: action.actionName, startedAt, endedAt: deps.clock.now() },
    ...(error !== undefined && { error: { id: error.class, msg: error.text } }),
  })
  const entries =
    error === undefined
      ? []
      : [failureEntry(deps, tenant, { action, result, executionId, ...error, about: call.about })]
  return {
    ...{ result, executionId, entries },
    logs: result.logs.slice(0, actionLimits.loggedConsoleLength).toWellFormed(),
  }
}

function errorOf(result: ActionResult): { class: string; text: string } | undefined {
  const name = errorClasses[result.ended]
  if (name === undefined) return undefined
  return { class: name, text: result.error?.message ?? result.ended }
}

function failureEntry(
  deps: Deps,
  tenant: Tenant,
  failure: {
    action: DeployedAction
    result: ActionResult
    executionId: string
    class: string
    about: { client_id?: string; user_id?: string }
  },
): TenantLogRow {
  const { action, result } = failure
  return tenantLogRow(deps, tenant, {
    type: 'actions_execution_failed',
    ...failure.about,
    details: {
      trigger_id: action.program.trigger,
      execution_id: failure.executionId,
      action_id: action.actionId,
      action_name: action.actionName,
      version_id: action.versionId,
      ...(action.bindingId !== undefined && { binding_id: action.bindingId }),
      error_class: failure.class,
      ...(result.error !== undefined && { action_error: result.error }),
    },
  })
}

const withoutRuntime: ActionResult = {
  ended: 'not_started',
  error: { name: 'Error', message: 'This server does not run Actions.' },
  logs: '',
  cacheWrites: [],
  stats: {
    action_duration_ms: 0,
    boot_duration_ms: 0,
    network_duration_ms: 0,
    total_request_duration_ms: 0,
  },
}
