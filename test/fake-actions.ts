import { createHash } from 'node:crypto'
import type { ActionBuild, ActionBuilder } from '../src/actions/action-builder.ts'
import type { ActionCall, ActionProgram, ActionRunner } from '../src/actions/action-runner.ts'
import { type ActionResult, actionHandlers } from '../src/contract/actions.ts'

/** What a test sees of the runs, and how it decides their ends. */
export type FakeActions = ActionRunner &
  ActionBuilder & {
    readonly calls: { program: ActionProgram; call: ActionCall }[]
    /** The next runs end so; without any left they return. */
    script(...ends: (Partial<ActionResult> & Pick<ActionResult, 'ended'>)[]): void
    /** The next builds fail with these errors, or go on when told nothing. */
    failBuilds(...errors: { id: string; msg: string }[]): void
  }

const stats = {
  action_duration_ms: 1,
  boot_duration_ms: 0,
  network_duration_ms: 0,
  total_request_duration_ms: 1,
}

/** Runs no code at all: for tests of what surrounds a run. The bundle of an Action is its source. */
export function fakeActions(): FakeActions {
  const calls: FakeActions['calls'] = []
  const ends: (Partial<ActionResult> & Pick<ActionResult, 'ended'>)[] = []
  let errors: { id: string; msg: string }[] = []
  return {
    level: 'weak',
    calls,
    script: (...more) => {
      ends.push(...more)
    },
    failBuilds: (...given) => {
      errors = given
    },
    async build({ code, dependencies }): Promise<ActionBuild> {
      if (errors.length > 0) return { ok: false, errors }
      const digest = createHash('sha256').update(code).digest('hex')
      const taken = dependencies.map(({ name, version }) => ({
        name,
        version: version === 'latest' ? '1.0.0' : version,
      }))
      return { ok: true, built: { bundle: code, digest, dependencies: taken, lock: '' } }
    },
    async check(program) {
      const handler = actionHandlers[program.trigger]
      if ((await program.loadBundle()).includes(handler)) return { ok: true }
      return {
        ok: false,
        error: { name: 'Error', message: `The Action has no handler ${handler}.` },
      }
    },
    async run(program, call) {
      calls.push({ program, call })
      return { logs: '', cacheWrites: [], stats, ...(ends.shift() ?? { ended: 'returned' }) }
    },
    async close() {},
  }
}
