import { setTimeout as wait } from 'node:timers/promises'
import { createActions } from '../src/actions/create-actions.ts'
import { createLogger } from '../src/app/logger.ts'
import { createOutgoingFetch } from '../src/app/outgoing-fetch.ts'
import { programOf } from '../test/hostile/run-snippet.ts'
import { hostileSnippets } from '../test/hostile/snippets.ts'
import { percentile } from './statistics.ts'

/** What this process is asked to do; see `main`. */
export type ActionCallsRequest = { carrierPort: number }

/** Times of one slice, in ms. */
export type CallTimes = { calls: number; p50: number; p99: number; failed: number; hostile: number }

const tenants = 10
/** Below the limit of a tenant, 600 a minute. */
const perSecond = 9

/** An Action that hands its message to the carrier, and nothing else. */
const sender = `
exports.onExecuteCustomPhoneProvider = async (event, api) => {
  const { recipient: number, code } = event.notification
  const reply = await fetch(event.secrets.URL, { method: 'POST', body: JSON.stringify({ number, code }) })
  if (!reply.ok) api.notification.retry(String(reply.status))
  await reply.text()
}
`
/** Those that take the most from the machine. */
const noise = ['spins at once', 'fills the heap', 'fills buffers', 'throws in a timer']

/**
 * A process that calls Actions as the server does, and makes the same calls itself:
 * `action COUNT` and `host COUNT` one after the other, `alone MS` and `noisy MS` as ten tenants at
 * their own pace, without and with hostile neighbours. Answers each with its times.
 */
async function main({ carrierPort }: ActionCallsRequest): Promise<void> {
  const url = `http://127.0.0.1:${carrierPort}/`
  const actions = createActions({
    log: createLogger('warn'),
    allow: [`127.0.0.1:${carrierPort}`],
    perMinute: Number.POSITIVE_INFINITY,
  })
  const fetch = createOutgoingFetch()
  const code = '123456'
  const message = (tenant: string) => ({
    tenant: { id: tenant },
    notification: { recipient: '+14155550137', as_text: `Your code is ${code}`, code },
  })
  const byAction = async (tenant: string): Promise<boolean> => {
    const call = { event: message(tenant), secrets: { URL: url } }
    const { ended, verdict } = await actions.run(programOf(tenant, sender), call)
    return ended === 'returned' && verdict === undefined
  }
  const byHost = async (): Promise<boolean> => {
    const body = JSON.stringify({ number: '+14155550137', code })
    const reply = await fetch(url, { method: 'POST', body })
    await reply.text()
    return reply.ok
  }
  const hostile = (stop: AbortSignal) =>
    Promise.all(
      hostileSnippets
        .filter(({ name }) => noise.includes(name))
        .map(async ({ name, code: bad }) => {
          let runs = 0
          while (!stop.aborted) {
            await actions.run(programOf(name, bad), { event: {}, secrets: {}, limitMs: 1000 })
            runs += 1
            // A run that is refused ends at once; a server would not come back before this either.
            await wait(10)
          }
          return runs
        }),
    )

  async function answer(question: string): Promise<CallTimes> {
    const [what, amount] = question.split(' ')
    const count = Number(amount)
    if (what === 'action') return inTurn(count, () => byAction('alone'))
    if (what === 'host') return inTurn(count, byHost)
    // Everybody's process is there before the first call that counts.
    for (let tenant = 0; tenant < tenants; tenant += 1) await byAction(`good-${tenant}`)
    const stop = new AbortController()
    const noisy = what === 'noisy' ? hostile(stop.signal) : Promise.resolve([])
    const times = await paced(count, (tenant) => byAction(`good-${tenant}`))
    stop.abort()
    const runs = await noisy
    return { ...times, hostile: runs.reduce((sum, each) => sum + each, 0) }
  }

  process.on('message', (question) => {
    if (question === 'close') void actions.close(0).then(() => process.exit())
    else void answer(String(question)).then((times) => process.send?.(times))
  })
  process.on('disconnect', () => process.exit())
  process.send?.({ port: carrierPort })
}

/** One call after the other. */
async function inTurn(count: number, call: () => Promise<boolean>): Promise<CallTimes> {
  const times: number[] = []
  let failed = 0
  for (let each = 0; each < count; each += 1) {
    const begin = performance.now()
    if (!(await call())) failed += 1
    times.push(performance.now() - begin)
  }
  return summary(times, failed)
}

/** Every tenant calls at its own pace whether or not the others are done. */
async function paced(
  durationMs: number,
  call: (tenant: number) => Promise<boolean>,
): Promise<CallTimes> {
  const times: number[] = []
  let failed = 0
  const running = new Set<Promise<void>>()
  const one = async (tenant: number) => {
    const begin = performance.now()
    if (!(await call(tenant))) failed += 1
    times.push(performance.now() - begin)
  }
  const timers = Array.from({ length: tenants }, (_, tenant) =>
    setInterval(() => {
      const work = one(tenant).finally(() => running.delete(work))
      running.add(work)
    }, 1000 / perSecond),
  )
  await new Promise((resolve) => setTimeout(resolve, durationMs))
  for (const timer of timers) clearInterval(timer)
  await Promise.all(running)
  return summary(times, failed)
}

function summary(times: readonly number[], failed: number): CallTimes {
  const sorted = [...times].sort((left, right) => left - right)
  const [p50, p99] = [percentile(sorted, 0.5), percentile(sorted, 0.99)]
  return { calls: times.length, p50, p99, failed, hostile: 0 }
}

await main(JSON.parse(process.argv[2] ?? ''))
