import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startFakeTwilio } from './fake-twilio.ts'
import { configureTwilio } from './harness.ts'
import { createTestDatabase } from './postgres-cluster.ts'
import { adminGrant, printedClient, startTrunkline, type Trunkline } from './trunkline.ts'

/** A server on PostgreSQL that sends through a carrier on loopback. */
async function sendingServer(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-stop-'))
  const carrier = await startFakeTwilio()
  const database = await createTestDatabase()
  const query = new pg.Client({ connectionString: database.url })
  await query.connect()
  const env = {
    TRUNKLINE_DATA_DIR: folder,
    TRUNKLINE_DATABASE_URL: database.url,
    TRUNKLINE_TWILIO_URL: carrier.url,
  }
  const start = async (): Promise<Trunkline> => {
    const started = await startTrunkline(env)
    t.after(() => started.child.kill('SIGKILL'))
    return started
  }
  t.after(async () => {
    await query.end()
    await carrier.close()
    await database.drop()
    await rm(folder, { recursive: true })
  })
  const server = await start()
  await server.printed('client_secret')
  const client = printedClient(server.output.stdout)
  const { body } = await server.request('POST', '/oauth/token', {
    body: adminGrant(client, `http://localhost:${server.port}`),
  })
  const headers = { authorization: `Bearer ${body.access_token}` }
  const manage = (method: string, path: string, sent?: object) =>
    server.request(method, `/api/v2${path}`, { headers, ...(sent !== undefined && { body: sent }) })
  await configureTwilio({ manage: manage as never })
  const message = async () =>
    (await query.query('select state, possible_duplicate, lease_owner from messages')).rows[0]
  return { server, carrier, start, manage, message }
}

const sendCode = async (server: Trunkline): Promise<void> => {
  const { status } = await server.request('POST', '/passwordless/start', {
    body: { client_id: 'demo', connection: 'sms', phone_number: '+14155550137', send: 'code' },
  })
  assert.equal(status, 200)
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries === 1000) throw new Error('it never came true')
    await sleep(20)
  }
}

test('a stop ends the delivery that runs and the wait that somebody holds, and takes nothing new', async (t) => {
  const { server, carrier, manage, message } = await sendingServer(t)
  const answer = Promise.withResolvers<void>()
  carrier.respond(async () => {
    await answer.promise
    return undefined
  })
  await sendCode(server)
  await until(() => carrier.requests.length === 1)
  const waiting = manage('GET', '/phone/inbox?wait=30')
  // A browser opens connections in advance.
  const silent = connect(server.port, '127.0.0.1')
  await once(silent, 'connect')

  // What was sent before has arrived when this is answered.
  await server.request('GET', '/livez')

  const startedAt = performance.now()
  const stopped = server.stop()
  assert.deepEqual((await waiting).body, { messages: [] })
  await assert.rejects(server.request('GET', '/livez'), { code: 'ECONNREFUSED' })
  answer.resolve()
  const { code, stderr } = await stopped

  assert.equal(code, 0, stderr)
  assert.ok(performance.now() - startedAt < 5000)
  assert.deepEqual(await message(), {
    state: 'accepted',
    possible_duplicate: false,
    lease_owner: null,
  })
  silent.destroy()
})

test('what does not end in time does not hold up a stop: another process takes the delivery over', async (t) => {
  const { server, carrier, start, message } = await sendingServer(t)
  carrier.script({ instead: 'hang' })
  await sendCode(server)
  await until(() => carrier.requests.length === 1)
  // Somebody who promises a body and never sends it.
  const endless = connect(server.port, '127.0.0.1')
  await once(endless, 'connect')
  endless.on('error', () => undefined)
  endless.write('POST /oauth/token HTTP/1.1\r\nhost: localhost\r\n')
  endless.write('content-type: application/json\r\ncontent-length: 10\r\n\r\n')

  const startedAt = performance.now()
  const { code, stderr } = await server.stop()

  assert.equal(code, 0, stderr)
  assert.ok(performance.now() - startedAt < 10_000)
  await start()
  await until(async () => (await message()).state === 'accepted')
  assert.equal(carrier.requests.length, 2)
  assert.equal((await message()).possible_duplicate, true)
})
