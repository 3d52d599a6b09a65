import { networkInterfaces } from 'node:os'
import { type IsolationLevel, isolationLevels } from '../../src/actions/action-runner.ts'
import { createEgressBroker } from '../../src/actions/egress-broker.ts'
import { launcherFor } from '../../src/actions/isolation.ts'
import type { Launcher } from '../../src/actions/launch.ts'
import { ActionWorker } from '../../src/actions/worker.ts'
import { failedResult } from '../../src/actions/worker-replies.ts'
import type { EgressRules, Lookup } from '../../src/base/egress-rules.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { actionHandlers } from '../../src/contract/actions.ts'
import type { Decoys } from './decoys.ts'
import type { HostileRunner } from './run-snippet.ts'

/** The levels at which this machine can start processes, the best first. */
export async function offeredLevels(): Promise<IsolationLevel[]> {
  const offered: IsolationLevel[] = []
  for (const level of isolationLevels.toReversed()) {
    const launcher = await launcherFor(level, silentLogger)
    if (launcher?.level === level) offered.push(level)
  }
  return offered
}

/**
 * Runs programs at one level, each in a process of its own that stays for its next call: processes,
 * their protocol and their network as in the server, without the order in which the pool serves.
 *
 * @throws Error where the machine does not offer the level
 */
export async function startRunner(level: IsolationLevel, decoys: Decoys): Promise<HostileRunner> {
  const launcher = await launcherFor(level, silentLogger)
  if (launcher?.level !== level) throw new Error(`this machine has no level ${level}`)
  const rules: EgressRules = {
    ports: new Set([80, 443, decoys.addresses.tcpPort]),
    allow: new Set(decoys.allowed),
    own: ownAddresses,
  }
  const workers = new Map<string, ActionWorker>()
  return {
    async run(program, { event, secrets, limitMs = 20_000 }) {
      const { trigger, triggerVersion } = program
      const key = `${program.tenantId} ${program.versionId}`
      let worker = workers.get(key)
      if (worker === undefined || worker.recycle) {
        worker?.drain()
        worker = startWorker(launcher, rules, program.tenantId)
        workers.set(key, worker)
        const bundle = await program.loadBundle()
        const handler = actionHandlers[trigger]
        const loaded = await worker.load({ bundle, handler, trigger, triggerVersion })
        if (!loaded.ok) return failedResult('not_started', loaded.error)
      }
      return worker.invoke({ event, secrets, cache: [], limitMs })
    },
    async close() {
      for (const worker of workers.values()) worker.kill('the test is over')
      await Promise.all([...workers.values()].map(({ exited }) => exited))
    },
  }
}

function startWorker(launcher: Launcher, rules: EgressRules, tenantId: string): ActionWorker {
  const log = silentLogger
  const subject = { tenantId, actionId: 'act' }
  return new ActionWorker(launcher.launch({ heapMb: 64 }), {
    ...{ log, subject, loadMs: 1500 },
    broker: (send, violate) =>
      createEgressBroker({
        ...{ send, violate, rules, log, subject },
        lookup: decoyNames(),
      }),
  })
}

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address))

/** Names that resolve to what is forbidden, wholly, in part, or from the second time on. */
function decoyNames(): Lookup {
  let asked = 0
  const names: Readonly<Record<string, () => string[]>> = {
    localhost: () => ['127.0.0.1', '::1'],
    'private.test': () => ['10.0.0.7'],
    'mixed.test': () => ['93.184.216.34', '127.0.0.1'],
    'rebinding.test': () => {
      asked += 1
      return [asked % 2 === 1 ? '93.184.216.34' : '127.0.0.1']
    },
  }
  return async (host) => (names[host]?.() ?? []).map((address) => ({ address }))
}
