import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Type } from 'typebox'
import { createApp } from '../../src/app/app.ts'
import { seedFirstTenant } from '../../src/domain/create-tenant.ts'
import { openDatabase } from '../../src/store/open-database.ts'
import { sql } from '../../src/store/sql.ts'
import { startFakeTwilio } from '../fake-twilio.ts'
import { configureTwilio, quietLogger } from '../harness.ts'
import { crashSteps, type NodeSettings } from './settings.ts'

/** What the rounds saw. Every list must be empty but `marked`. */
export type CrashReport = {
  rounds: number
  messages: number
  /** Answered 200 and never handed over. */
  lost: string[]
  /** Handed over more than once without the mark. */
  doubled: string[]
  /** Handed over more than once, and marked. */
  marked: string[]
  /** Not in a final state after the lease and a sweep. */
  stuck: string[]
}

const leaseMs = 1200
const startsPerRound = 3

/**
 * Rounds of: two processes on one database (one on PGlite, which allows no second), a few starts sent
 * to the one that will die at this round's step, and then everything that was stored must reach a final
 * state without help.
 */
export async function crashRounds(databaseUrl: string, rounds: number): Promise<CrashReport> {
  const shared = !databaseUrl.startsWith('pglite:')
  const carrier = await startFakeTwilio()
  // Slow enough to die while it is thinking.
  carrier.respond(async () => {
    await sleep(60)
    return undefined
  })
  const masterKey = randomBytes(32)
  const settings: NodeSettings = {
    databaseUrl,
    masterKey: masterKey.toString('base64'),
    twilioUrl: carrier.url,
    leaseMs,
  }
  await seed(databaseUrl, masterKey)
  const report: CrashReport = { rounds, messages: 0, lost: [], doubled: [], marked: [], stuck: [] }
  const survivor = shared ? await startNode(settings) : undefined
  const answered: string[] = []
  let numbers = 0

  const nextVictim = (round: number) =>
    startNode({ ...settings, dieAt: crashSteps[round % crashSteps.length] ?? 'stored' })
  let next = nextVictim(0)

  for (let round = 0; round < rounds; round += 1) {
    const victim = await next
    // Processes take longer to start than to die; the embedded database allows only one at a time.
    if (shared && round + 1 < rounds) next = nextVictim(round + 1)
    const started = Array.from({ length: startsPerRound }, async () => {
      numbers += 1
      const number = `+1415${String(2_000_000 + numbers)}`
      if (await startLogin(victim.address, number)) answered.push(number)
    })
    await Promise.all(started)
    await Promise.race([once(victim.process, 'exit'), sleep(3000)])
    victim.process.kill('SIGKILL')
    if (!shared) {
      // Whoever opens the folder next takes up what the dead process has left.
      const heir = await startNode(settings)
      await settled(heir, databaseUrl)
      await stop(heir.process)
      if (round + 1 < rounds) next = nextVictim(round + 1)
    }
  }
  if (survivor !== undefined) {
    await settled(survivor, databaseUrl)
    await stop(survivor.process)
  }

  const rows = await readMessages(databaseUrl)
  report.messages = rows.length
  const handedOver = new Map<string, number>()
  for (const { form } of carrier.requests) {
    const to = form.get('To') ?? ''
    handedOver.set(to.slice(-4), (handedOver.get(to.slice(-4)) ?? 0) + 1)
  }
  for (const number of answered) {
    if (!handedOver.has(number.slice(-4))) report.lost.push(number.slice(-4))
  }
  for (const row of rows) {
    const times = handedOver.get(row.tail) ?? 0
    if (row.state !== 'accepted') report.stuck.push(`${row.tail} ${row.state}`)
    if (times === 0) report.lost.push(row.tail)
    if (times > 1) (row.possible_duplicate ? report.marked : report.doubled).push(row.tail)
  }
  await carrier.close()
  return report
}

async function seed(databaseUrl: string, masterKey: Buffer): Promise<void> {
  const app = await createApp({
    database: await openDatabase(databaseUrl, { log: quietLogger }),
    masterKeys: [masterKey],
    log: quietLogger,
    production: false,
    inbox: false,
    callbacks: false,
    twilioUrl: 'http://127.0.0.1:9',
    legacyPhone: 'allow',
    sweepIntervalMs: 0,
  })
  await app.start()
  app.serve()
  const url = 'http://localhost:3000'
  const admin = await seedFirstTenant(app.deps, { name: 'default', url })
  if (admin === undefined) throw new Error('the database is not empty')
  const inject = async (
    method: 'POST' | 'PATCH',
    path: string,
    payload: object,
    token?: string,
  ) => {
    const reply = await app.server.inject({
      method,
      url: path,
      payload,
      headers: {
        host: 'localhost:3000',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    })
    if (reply.statusCode >= 300) throw new Error(`${path}: ${reply.body}`)
    return reply.json()
  }
  const { access_token } = await inject('POST', '/oauth/token', {
    grant_type: 'client_credentials',
    client_id: admin.clientId,
    client_secret: admin.clientSecret,
    audience: `${url}/api/v2/`,
  })
  const manage = (method: string, path: string, body?: unknown) =>
    inject(method as 'POST', `/api/v2${path}`, body as object, access_token)
  await configureTwilio({ manage: manage as never })
  const none = { address: null, application: null, country: null, tenant: null }
  await manage('PATCH', '/phone/protection', none)
  await app.close()
}

type Node = { process: ChildProcess; address: string }

async function startNode(settings: NodeSettings): Promise<Node> {
  const program = fileURLToPath(new URL('./node.ts', import.meta.url))
  const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  const [address] = await Promise.race([
    once(lines, 'line') as Promise<[string]>,
    once(child, 'exit').then((): never => {
      throw new Error('a server process ended at its start')
    }),
  ])
  return { process: child, address }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** True when the reply came; a reply that was lost with its process says nothing. */
async function startLogin(address: string, phone_number: string): Promise<boolean> {
  try {
    const reply = await fetch(`${address}/passwordless/start`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_id: 'demo', connection: 'sms', phone_number }),
    })
    return reply.status === 200
  } catch {
    return false
  }
}

/** Waits until no message is open, by the metrics that an operator reads. */
async function settled({ address }: Node, databaseUrl: string): Promise<void> {
  const deadline = Date.now() + 20 * leaseMs
  while (Date.now() < deadline) {
    const text = await (await fetch(`${address}/metrics`)).text()
    if (/^trunkline_queue_depth 0$/m.test(text)) return
    await sleep(100)
  }
  process.stderr.write(`messages are still open in ${databaseUrl.split('@').at(-1)}\n`)
}

const Row = Type.Object({
  tail: Type.String(),
  state: Type.String(),
  possible_duplicate: Type.Boolean(),
})

async function readMessages(databaseUrl: string) {
  const database = await openDatabase(databaseUrl, { log: quietLogger })
  try {
    const rows = await database.rows(
      Row,
      sql`select right(recipient_masked, 4) as tail, state, possible_duplicate from messages order by id`,
    )
    return rows
  } finally {
    await database.close()
  }
}
