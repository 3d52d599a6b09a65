import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createEgressBroker } from '../src/actions/egress-broker.ts'
import { rawLauncher } from '../src/actions/launch.ts'
import { findLaunchTools } from '../src/actions/launch-tools.ts'
import { ActionWorker } from '../src/actions/worker.ts'
import type { LoadOutcome, WorkerCall } from '../src/actions/worker-shapes.ts'
import { type Logger, silentLogger } from '../src/base/logger.ts'
import { type ActionResult, type ActionTrigger, actionHandlers } from '../src/contract/actions.ts'

/** Real processes for tests, and a server that they may reach, which says what it was sent. */
export type ActionWorkers = {
  start(): ActionWorker
  load(
    bundle: string,
    trigger?: ActionTrigger,
    triggerVersion?: string,
  ): Promise<{ worker: ActionWorker; outcome: LoadOutcome }>
  call(more?: Partial<WorkerCall>): WorkerCall
  /** Runs the body of a handler once in a process of its own. */
  run(body: string, more?: Partial<WorkerCall>): Promise<ActionResult>
  close(): Promise<void>
}

/** Node's own limits are everywhere; what the levels add is tested with them. */
export async function startActionWorkers(log: Logger = silentLogger): Promise<ActionWorkers> {
  const launcher = rawLauncher('weak', await findLaunchTools())
  assert.ok(launcher)
  const workers: ActionWorker[] = []
  const server = createServer((request, reply) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => reply.end(`${request.method} ${body}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const rules = { ports: new Set([80]), allow: new Set([`127.0.0.1:${port}`]), own: () => [] }

  const start = () => {
    const subject = { tenantId: 'tenant', actionId: 'action' }
    const worker = new ActionWorker(launcher.launch({ heapMb: 64 }), {
      ...{ log, subject },
      broker: (send, violate) => createEgressBroker({ send, violate, rules, log, subject }),
    })
    workers.push(worker)
    return worker
  }
  const load: ActionWorkers['load'] = async (
    bundle,
    trigger = 'custom-phone-provider',
    triggerVersion = 'v1',
  ) => {
    const worker = start()
    const handler = actionHandlers[trigger]
    return { worker, outcome: await worker.load({ bundle, handler, trigger, triggerVersion }) }
  }
  const call: ActionWorkers['call'] = (more = {}) => ({
    ...{ event: { port }, secrets: {}, cache: [], limitMs: 5000 },
    ...more,
  })
  return {
    ...{ start, load, call },
    async run(body, more = {}) {
      const { worker, outcome } = await load(
        `exports.onExecuteCustomPhoneProvider = async (event, api) => {\n${body}\n}`,
      )
      assert.deepEqual(outcome.ok, true)
      return worker.invoke(call(more))
    },
    async close() {
      for (const worker of workers) worker.kill('the test is over')
      await Promise.all(workers.map(({ exited }) => exited))
      server.closeAllConnections()
      server.close()
    },
  }
}
