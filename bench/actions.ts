import type { CallTimes } from './action-calls.ts'
import type { Carrier } from './carrier.ts'
import type { HttpConnection } from './http-connection.ts'
import type { SignIn, Target } from './load.ts'
import { storedNumbers } from './phone-numbers.ts'
import { describeMachine } from './report.ts'
import { type Measured, runRounds } from './rounds.ts'
import type { Scene } from './scene.ts'
import { startServerProcess } from './server-process.ts'
import { clientIds } from './server-request.ts'
import { median } from './statistics.ts'

/** What a run found about Actions; times in ms. */
export type ActionResults = {
  machine: Record<string, string | number>
  calls: { action: CallTimes[]; host: CallTimes[] }
  deliveries: Measured[]
  neighbours: { alone: CallTimes[]; noisy: CallTimes[] }
  targets: ActionTarget[]
}

export type ActionTarget = { what: string; value: number; unit: string; goal: string; ok: boolean }

type Length = { rounds: number; sliceMs: number; users: number }

/** Measures Actions against what the server does itself, in slices by turns. */
export async function measureActions(
  scene: Scene,
  carrier: Carrier,
  { rounds, sliceMs, users }: Length,
): Promise<ActionResults> {
  const { calls, neighbours } = await measureCalls(carrier, { rounds, sliceMs })
  const builtIn = await scene.trunkline(users)
  const custom = await scene.customProvider(users)
  process.stderr.write('deliveries, 16 at once\n')
  const entries = [
    { name: 'custom provider', ...custom },
    { name: 'Twilio provider', ...builtIn },
  ].map(({ name, server }) => ({
    ...deliveryTarget(name, server.port, carrier),
    server,
    numbers: storedNumbers(users),
  }))
  const deliveries = await runRounds(entries, { concurrency: 16, rounds, sliceMs })
  const found = { machine: describeMachine(), calls, deliveries, neighbours }
  return { ...found, targets: targetsOf(found) }
}

/** One Action with one call, beside the same call of the host; ten tenants without and with noise. */
async function measureCalls(carrier: Carrier, { rounds, sliceMs }: Omit<Length, 'users'>) {
  const caller = await startServerProcess('action-calls.ts', { carrierPort: carrier.port })
  // The answer of that process, which has no other.
  const ask = async (question: string) => (await caller.ask(question)) as CallTimes
  const slices = { action: 'action', host: 'host', alone: 'alone', noisy: 'noisy' } as const
  const times: Record<keyof typeof slices, CallTimes[]> = {
    ...{ action: [], host: [], alone: [], noisy: [] },
  }
  try {
    process.stderr.write('calls, one after the other\n')
    const count = Math.max(200, sliceMs / 2)
    for (const what of ['action', 'host'] as const) await ask(`${what} ${count}`)
    for (let round = 0; round < rounds; round += 1) {
      for (const what of ['action', 'host'] as const) {
        times[what].push(await ask(`${what} ${count}`))
      }
    }
    process.stderr.write('ten tenants, without and with hostile neighbours\n')
    await ask(`alone ${sliceMs}`)
    for (let round = 0; round < rounds; round += 1) {
      for (const what of ['alone', 'noisy'] as const) {
        times[what].push(await ask(`${what} ${sliceMs * 2}`))
      }
    }
  } finally {
    await caller.stop()
  }
  return {
    calls: { action: times.action, host: times.host },
    neighbours: { alone: times.alone, noisy: times.noisy },
  }
}

/** A request for a code until the carrier has it; nobody signs in with it. */
function deliveryTarget(name: string, port: number, carrier: Carrier): Target {
  const head =
    'POST /passwordless/start HTTP/1.1\r\nhost: bench.example.test\r\ncontent-type: application/json\r\n'
  return {
    name,
    port,
    async signIn(connection: HttpConnection, number: string): Promise<SignIn> {
      const begin = performance.now()
      const code = carrier.nextCode(number)
      const answer = await connection.request(
        head,
        `{"client_id":"${clientIds.ES256}","connection":"sms","phone_number":"${number}","send":"code"}`,
      )
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body.slice(0, 500)}`)
      const startMs = performance.now() - begin
      await code
      const codeMs = performance.now() - begin
      return { startMs, codeMs, tokenMs: 0, wholeMs: codeMs }
    },
  }
}

/** What the product promises. Each is the median over pairs of neighbouring slices. */
function targetsOf(found: Omit<ActionResults, 'targets'>): ActionTarget[] {
  const { calls, deliveries, neighbours } = found
  const pairs = <Slice>(
    left: readonly Slice[],
    right: readonly Slice[],
    compare: (left: Slice, right: Slice) => number,
  ) =>
    median(
      left.flatMap((slice, index) => {
        const other = right[index]
        return other === undefined ? [] : [compare(slice, other)]
      }),
    )
  const over = pairs(calls.action, calls.host, (action, host) => action.p50 - host.p50)
  const share = pairs(
    deliveries[0]?.slices ?? [],
    deliveries[1]?.slices ?? [],
    (custom, builtIn) => custom.perSecond / builtIn.perSecond,
  )
  const noise = pairs(neighbours.noisy, neighbours.alone, (noisy, alone) => noisy.p99 / alone.p99)
  const failed = [...neighbours.noisy, ...neighbours.alone].reduce(
    (sum, { failed: of }) => sum + of,
    0,
  )
  return [
    {
      what: 'a warm Action with one HTTP call over the same call of the host, p50',
      ...{ value: over, unit: 'ms', goal: 'below 1', ok: over < 1 },
    },
    {
      what: 'deliveries a second through an Action to those of the Twilio provider',
      ...{ value: share, unit: '', goal: 'at least 0.6', ok: share >= 0.6 },
    },
    {
      what: 'p99 of good tenants beside hostile ones to that without them',
      ...{ value: noise, unit: '', goal: 'at most 2', ok: noise <= 2 },
    },
    {
      what: 'failed calls of good tenants',
      ...{ value: failed, unit: '', goal: '0', ok: failed === 0 },
    },
  ]
}

/** The medians, then the promises. */
export function printActions({ calls, deliveries, neighbours, targets }: ActionResults): void {
  const line = (name: string, slices: readonly CallTimes[]) => {
    const of = (pick: (times: CallTimes) => number) => median(slices.map(pick)).toFixed(2)
    const [p50, p99] = [of((times) => times.p50), of((times) => times.p99)]
    const hostile = slices.reduce((sum, times) => sum + times.hostile, 0)
    const noise = hostile === 0 ? '' : `, ${hostile} hostile runs beside`
    process.stdout.write(`  ${name.padEnd(28)} p50 ${p50}  p99 ${p99} ms${noise}\n`)
  }
  process.stdout.write('\nActions (medians)\n')
  line('host, one call', calls.host)
  line('Action, one call', calls.action)
  line('ten tenants', neighbours.alone)
  line('ten tenants, noisy', neighbours.noisy)
  for (const { name, slices } of deliveries) {
    const rate = median(slices.map((slice) => slice.perSecond))
    const cpu = median(slices.map((slice) => slice.serverCpuMs ?? 0))
    process.stdout.write(
      `  ${name.padEnd(28)} ${rate.toFixed(0)} deliveries/s, ${cpu.toFixed(2)} ms CPU of the server each\n`,
    )
  }
  process.stdout.write('\n')
  for (const { what, value, unit, goal, ok } of targets) {
    process.stdout.write(`${what}: ${value.toFixed(2)} ${unit} (${goal}${ok ? '' : ', missed'})\n`)
  }
}
