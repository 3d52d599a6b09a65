import { type ActionResult, type ActionTrigger, actionLimits } from '../contract/actions.ts'
import type { ActionExecutionRow } from '../store/action-executions.ts'
import type { TenantLogRow } from '../store/tenant-logs.ts'
import { executionRow } from './action-executions.ts'
import { type DeployedAction, deployedAction } from './deployed-action.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'
import { tenantLogRow } from './tenant-logs.ts'

/** One run of a tenant's Action, with what is to be logged of it. */
export type ActionRun = {
  result: ActionResult
  /** Absent when nothing ran. */
  executionId?: string
  /** Its record, to be kept with the end of the try; of a chain the record of each. */
  executions: readonly ActionExecutionRow[]
  /** The start of its console. */
  logs: string
  /** `actions_execution_failed`, when it failed by itself. */
  entries: readonly TenantLogRow[]
  /** This server stopped and took the process with it: nobody knows the result. */
  interrupted: boolean
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
 * Runs what is deployed for a trigger. A failure of this server before the run is a run that did not start.
 *
 * @param call.action one of several that are bound; what the trigger runs when absent
 * @param call.limitMs asked when the event is ready, because making it takes time too
 * @param call.hidden values that no log may hold: the code, the recipient
 * @returns undefined when nothing is deployed
 */
export async function runAction(
  deps: Deps,
  tenant: Tenant,
  trigger: ActionTrigger,
  call: {
    action?: DeployedAction
    event: () => Promise<Record<string, unknown>>
    hidden: readonly string[]
    limitMs: () => number
    about: { client_id?: string; user_id?: string }
  },
): Promise<ActionRun | undefined> {
  const startedAt = deps.clock.now()
  let action: DeployedAction | undefined
  let event: Record<string, unknown>
  try {
    action = call.action ?? (await deployedAction(deps, tenant, trigger))
    if (action === undefined) return undefined
    event = await call.event()
  } catch (error) {
    deps.log.error({ err: error, trigger }, 'an Action could not be made ready')
    const result = notStarted('The server could not make the Action ready.')
    return { result, executions: [], logs: '', entries: [], interrupted: false }
  }
  const result = await run(deps, action, { event, hidden: call.hidden, limitMs: call.limitMs() })
  const logs = result.logs.slice(0, actionLimits.loggedConsoleLength).toWellFormed()
  if (result.ended === 'killed' && deps.draining.aborted) {
    return { result, executions: [], logs, entries: [], interrupted: true }
  }
  const error = errorOf(result)
  const execution = executionRow(deps, tenant, {
    ...{ triggerId: trigger, actionName: action.actionName, startedAt, endedAt: deps.clock.now() },
    error: error && { id: error.class, msg: error.text },
  })
  const entries =
    error === undefined
      ? []
      : [
          failureEntry(deps, tenant, {
            ...{ action, result, executionId: execution.id, ...error, about: call.about },
          }),
        ]
  return {
    ...{ result, executionId: execution.id, executions: [execution], logs, entries },
    interrupted: false,
  }
}

async function run(
  deps: Deps,
  { program, secrets }: DeployedAction,
  call: { event: Record<string, unknown>; hidden: readonly string[]; limitMs: number },
): Promise<ActionResult> {
  if (deps.actions === undefined) return notStarted('This server does not run Actions.')
  if (call.limitMs <= 0) return notStarted('No time was left to run the Action.')
  return deps.actions.run(program, { ...call, secrets })
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

const notStarted = (message: string): ActionResult => ({
  ended: 'not_started',
  error: { name: 'Error', message },
  logs: '',
  cacheWrites: [],
  stats: {
    action_duration_ms: 0,
    boot_duration_ms: 0,
    network_duration_ms: 0,
    total_request_duration_ms: 0,
  },
})
