import { createHash } from 'node:crypto'
import type { ActionProgram, ActionRunner } from '../../src/actions/action-runner.ts'
import { type ActionResult, actionLimits } from '../../src/contract/actions.ts'
import type { Decoys } from './decoys.ts'
import type { HostileSnippet } from './snippet.ts'

/** What a snippet needs of a runner. */
export type HostileRunner = Pick<ActionRunner, 'run' | 'close'>

/** How long a snippet may run unless it says otherwise; getting a process counts too. */
const usualLimitMs = 2000

/** A program whose bundle is this text. */
export function programOf(tenantId: string, code: string): ActionProgram {
  const digest = createHash('sha256').update(code).digest('hex')
  return {
    tenantId,
    actionId: `act_${tenantId}`,
    versionId: digest.slice(0, 16),
    trigger: 'custom-phone-provider',
    triggerVersion: 'v1',
    digest,
    loadBundle: async () => code,
  }
}

/** Runs a snippet as a tenant of its own; what is wrong with the outcome, one line each. */
export async function runSnippet(
  runner: HostileRunner,
  snippet: HostileSnippet,
  decoys: Pick<Decoys, 'addresses' | 'canaries'>,
): Promise<string[]> {
  const tenantId = snippet.name.replaceAll(/\W+/g, '-')
  const call = async (tenant: string, code: string) => {
    try {
      const run = () =>
        runner.run(programOf(tenant, code), {
          event: { decoys: decoys.addresses, tenant: { id: tenant } },
          secrets: { KEY: `secret-of-${tenant}` },
          limitMs: snippet.limitMs ?? usualLimitMs,
        })
      let result = await run()
      // On a busy machine the limit may pass before there is a process: that says nothing of the code.
      for (let more = 0; more < 10 && hasWaited(result); more += 1) result = await run()
      return result
    } catch (error) {
      return error
    }
  }
  const judge = (result: unknown, expected: Pick<HostileSnippet, 'ends' | 'says'>) =>
    wrongWith(result, expected, decoys.canaries).map((wrong) => `${snippet.name}: ${wrong}`)

  const found = judge(await call(tenantId, snippet.code), snippet)
  if (snippet.next === undefined) return found
  const { code = snippet.code, stranger = false } = snippet.next
  const second = await call(stranger ? `${tenantId}-stranger` : tenantId, code)
  return [...found, ...judge(second, snippet.next).map((wrong) => `${wrong} (second call)`)]
}

const hasWaited = ({ ended, error }: ActionResult): boolean =>
  ended === 'not_started' && error?.message.includes('free in time') === true

function wrongWith(
  outcome: unknown,
  expected: Pick<HostileSnippet, 'ends' | 'says'>,
  canaries: readonly string[],
): string[] {
  if (outcome instanceof Error) return [`the runner threw ${outcome.stack}`]
  const result = outcome as ActionResult // what `run` gives when it does not throw
  const text = JSON.stringify(result)
  const said = `${result.logs}\n${result.error?.message ?? ''}`
  const { name = '', message = '', stack = '' } = result.error ?? {}
  const checks: [string, boolean][] = [
    [`ended ${result.ended}`, expected.ends.includes(result.ended)],
    ['did not say what it should', expected.says === undefined || expected.says.test(said)],
    ['got through', !text.includes('BREACH')],
    ['holds a canary', !canaries.some((canary) => text.includes(canary))],
    ['has too much console', Buffer.byteLength(result.logs) <= actionLimits.consoleBytes + 200],
    ['has a long reason', (result.verdict?.reason.length ?? 0) <= actionLimits.reasonLength],
    ['has a long error', name.length <= 100 && message.length <= 2000 && stack.length <= 4000],
    ['writes too much cache', result.cacheWrites.length <= 50],
    ['polluted the host', !('polluted' in {}) && !('toJSON' in [])],
  ]
  return checks.filter(([, ok]) => !ok).map(([wrong]) => `${wrong}; ${text.slice(0, 1000)}`)
}
