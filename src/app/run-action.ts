import { createHash, randomUUID } from 'node:crypto'
import type { ActionDependency, BuildError } from '../actions/action-builder.ts'
import type { IsolationLevel } from '../actions/action-runner.ts'
import { type Actions, createActions } from '../actions/create-actions.ts'
import { type ActionResult, type ActionTrigger, actionLimits } from '../contract/actions.ts'
import type { Config } from './config.ts'
import { createLogger } from './logger.ts'

export type ActionAttempt = {
  code: string
  dependencies: readonly ActionDependency[]
  trigger: ActionTrigger
  event: Record<string, unknown>
  secrets: Readonly<Record<string, string>>
}

export type ActionOutcome =
  | { built: false; errors: readonly BuildError[] }
  | { built: true; level: IsolationLevel | undefined; result: ActionResult }

/** Builds an Action and runs it once, with the server's settings but no tenant and no database. */
export async function runAction(
  config: Pick<Config, 'actionsAllow' | 'actionsIsolation'>,
  attempt: ActionAttempt,
): Promise<ActionOutcome> {
  // Standard output is for how it ended.
  const log = createLogger('error', process.stderr.fd)
  const actions = createActions({
    log,
    allow: config.actionsAllow,
    requiredLevel: config.actionsIsolation,
  })
  try {
    return await buildAndRun(actions, attempt)
  } finally {
    await actions.close(0)
  }
}

/** The same in a runner that is open. */
export async function buildAndRun(
  actions: Actions,
  { code, dependencies, trigger, event, secrets }: ActionAttempt,
): Promise<ActionOutcome> {
  if (Buffer.byteLength(code) > actionLimits.codeBytes) {
    const msg = `The code may have ${actionLimits.codeBytes} bytes, not ${Buffer.byteLength(code)}.`
    return { built: false, errors: [{ id: 'code_too_large', msg }] }
  }
  const build = await actions.build({ code, dependencies })
  if (!build.ok) return { built: false, errors: build.errors }
  const { bundle, digest } = build.built
  const result = await actions.run(
    {
      tenantId: 'local',
      actionId: 'local',
      versionId: createHash('sha256').update(randomUUID()).digest('hex').slice(0, 16),
      trigger,
      triggerVersion: trigger === 'send-phone-message' ? 'v2' : 'v1',
      digest,
      loadBundle: async () => bundle,
    },
    { event, secrets, test: true },
  )
  return { built: true, level: actions.level, result }
}
