import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { Type } from 'typebox'
import { silentLogger } from '../src/base/logger.ts'
import { passwordlessOtpGrant } from '../src/contract/passwordless.ts'
import { sql } from '../src/store/sql.ts'
import { type TestServer, testServer } from './harness.ts'

/** Of all the numbers of this file: other tests share the database, and a sweep knows no tenant. */
let numbers = 0
const newNumber = () => `+1202555${String(1000 + ++numbers)}`

async function start(server: TestServer, phone_number = newNumber()) {
  const { status, body, text } = await server.post('/passwordless/start', {
    client_id: 'demo',
    connection: 'sms',
    phone_number,
  })
  assert.equal(status, 200, text)
  const { body: list } = await server.manage('GET', '/phone/messages?take=1')
  return { phone_number, startId: body._id as string, id: list.messages[0].id as string }
}

/** Lets seconds pass, one by one, as a node lives them. */
async function pass(server: TestServer, seconds: number, each?: (second: number) => Promise<void>) {
  for (let second = 0; second < seconds; second += 1) {
    await each?.(second)
    server.clock.advance(1000)
    await server.app.sweeper.sweep()
    await server.settle()
  }
}

const messageOf = async (server: TestServer, id: string) =>
  (await server.manage('GET', `/phone/messages/${id}`)).body

const requestsTo = ({ carrier }: Pick<TestServer, 'carrier'>, number: string) =>
  carrier.requests.filter(({ form }) => form.get('To') === number)

const outcomes = (message: { attempts: { outcome: string }[] }) =>
  message.attempts.map(({ outcome }) => outcome)

/** How many bodies of the tenant's messages still stand sealed in the table. */
async function sealedBodies({ app, tenant }: TestServer): Promise<number> {
  const row = await app.deps.db.first(
    Type.Object({ sealed: Type.Number() }),
    sql`select count(sealed)::int as sealed from messages where tenant_id = ${tenant.name}`,
  )
  return row?.sealed ?? -1
}

const refusal = (status: number, code: number, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: { code, message: 'refused', status },
})

for (const engine of ['pglite', 'postgres'] as const) {
  test(`${engine}: after a minute without a carrier every message whose code lives arrives, once`, async () => {
    const server = await testServer({ engine, provider: 'twilio' })
    const arrived = new Map<string, number[]>()
    const sent: { id: string; phone_number: string; at: number }[] = []
    let down = true
    server.carrier.respond(({ form }) => {
      if (down) return { status: 503, body: { code: 20503, message: 'unavailable', status: 503 } }
      const number = form.get('To') ?? ''
      arrived.set(number, [...(arrived.get(number) ?? []), server.clock.now()])
      return undefined
    })
    await server.carrier.stop()

    await pass(server, 60, async (second) => {
      if (second === 30) await server.carrier.start()
      if (second % 3 === 0) sent.push({ ...(await start(server)), at: server.clock.now() })
    })
    down = false
    const back = server.clock.now()
    await pass(server, 180)

    assert.equal(sent.length, 20)
    for (const { id, phone_number, at } of sent) {
      const times = arrived.get(phone_number) ?? []
      assert.equal(times.length, 1, `${phone_number} arrived ${times.length} times`)
      const [time = 0] = times
      assert.ok(time >= back && time < at + 180_000)
      const message = await messageOf(server, id)
      assert.equal(message.state, 'accepted')
      assert.equal(message.possible_duplicate, false)
      assert.equal(message.cause, null)
      const told = outcomes(message)
      assert.deepEqual(told, [...told.slice(1).map(() => 'retry'), 'accepted'])
      assert.equal(message.attempts_count, message.attempts.length)
      assert.ok(message.attempts.length >= 2 && message.attempts.length <= 6)
      assert.deepEqual(
        message.attempts.map(({ number }: { number: number }) => number),
        message.attempts.map((_: unknown, index: number) => index + 1),
      )
      const starts = message.attempts.map(({ started_at }: { started_at: string }) => started_at)
      assert.deepEqual(starts, [...starts].sort())
    }
    assert.equal(await sealedBodies(server), 0)
    // Nothing comes later, when all is told.
    await pass(server, 120)
    assert.ok([...arrived.values()].every(({ length }) => length === 1))
  })
}

test('the first tries of a carrier that is down come by the schedule, and the last before the code dies', async () => {
  const server = await testServer({ provider: 'twilio' })
  await server.carrier.stop()
  const { id } = await start(server)
  const begun = server.clock.now()

  await pass(server, 200)

  const message = await messageOf(server, id)
  const seconds = message.attempts.map(({ started_at }: { started_at: string }) =>
    Math.round((Date.parse(started_at) - begun) / 1000),
  )
  const between: [number, number][] = [
    [0, 0],
    [5, 8],
    [20, 28],
    [50, 66],
    [110, 140],
    [169, 171],
  ]
  assert.equal(seconds.length, between.length, String(seconds))
  for (const [index, [least, most]] of between.entries()) {
    assert.ok(seconds[index] >= least && seconds[index] <= most, String(seconds))
  }
  assert.deepEqual([message.state, message.cause.code], ['failed', 'connection_refused'])
  assert.equal(await sealedBodies(server), 0)
})

test('a refusal for good is tried once, and told with its cause', async () => {
  const server = await testServer({ provider: 'twilio' })
  server.carrier.respond(() => refusal(400, 21211))
  const { id, phone_number } = await start(server)

  await pass(server, 200)

  const message = await messageOf(server, id)
  assert.equal(requestsTo(server, phone_number).length, 1)
  assert.deepEqual([message.state, outcomes(message)], ['failed', ['permanent']])
  assert.equal(message.attempts[0].provider_error.code, '21211')
  assert.equal(await sealedBodies(server), 0)
  assert.deepEqual(await server.logs(), ['cs', 'fn'])
})

test('a failing carrier (500) is asked twice at most', async () => {
  const server = await testServer({ provider: 'twilio' })
  server.carrier.respond(() => ({ status: 500, body: 'broken' }))
  const { id, phone_number } = await start(server)

  await pass(server, 200)

  const message = await messageOf(server, id)
  assert.equal(requestsTo(server, phone_number).length, 2)
  assert.equal(message.state, 'failed')
  assert.equal(message.attempts_count, 2)
  assert.equal(await sealedBodies(server), 0)
})

test('a carrier that takes the request and breaks off leaves an unknown result, never a second message', async () => {
  const server = await testServer({ provider: 'twilio' })
  server.carrier.respond(() => ({ instead: 'reset' }))
  const { id, phone_number } = await start(server)

  await pass(server, 200)

  const message = await messageOf(server, id)
  assert.equal(requestsTo(server, phone_number).length, 1)
  assert.deepEqual([message.state, message.cause.code], ['failed', 'result_unknown'])
  assert.deepEqual(outcomes(message), ['unknown'])
  assert.equal(message.possible_duplicate, false)
})

test('a carrier that never answers leaves an unknown result, never a second message', async () => {
  const impatient: typeof fetch = (input, init) =>
    fetch(input, { ...init, signal: AbortSignal.timeout(300) })
  const server = await testServer({ provider: 'twilio', fetch: impatient })
  server.carrier.respond(() => ({ instead: 'hang' }))
  const { id, phone_number } = await start(server)

  await pass(server, 200)

  const message = await messageOf(server, id)
  assert.equal(requestsTo(server, phone_number).length, 1)
  assert.deepEqual([message.state, message.cause.code], ['failed', 'result_unknown'])
})

test("a carrier's Retry-After is waited for, and not a second longer than the sweep", async () => {
  const server = await testServer({ provider: 'twilio' })
  server.carrier.script(refusal(429, 20429, { 'retry-after': '40' }))
  const { id, phone_number } = await start(server)

  await pass(server, 39)
  assert.equal(requestsTo(server, phone_number).length, 1)
  await pass(server, 2)

  assert.equal(requestsTo(server, phone_number).length, 2)
  const message = await messageOf(server, id)
  assert.deepEqual([message.state, outcomes(message)], ['accepted', ['retry', 'accepted']])
})

test('a Retry-After beyond the life of the code ends the message at once', async () => {
  const server = await testServer({ provider: 'twilio' })
  server.carrier.script(refusal(429, 20429, { 'retry-after': '600' }))
  const { id, phone_number } = await start(server)

  assert.equal((await messageOf(server, id)).state, 'failed')
  await pass(server, 700)

  assert.equal(requestsTo(server, phone_number).length, 1)
  assert.equal(await sealedBodies(server), 0)
})

test('nothing is sent after its code has died, however late the node wakes, and the body is gone', async () => {
  const server = await testServer({ provider: 'twilio' })
  await server.carrier.stop()
  const { id, phone_number } = await start(server)
  await server.carrier.start()

  server.clock.advance(180_000)
  await server.app.sweeper.sweep()
  await server.settle()

  const message = await messageOf(server, id)
  assert.deepEqual([message.state, message.cause.code], ['failed', 'code_expired'])
  assert.equal(requestsTo(server, phone_number).length, 0)
  assert.equal(await sealedBodies(server), 0)
})

test('a newer code cancels the one that waits, and only the newer one arrives', async () => {
  const server = await testServer({ provider: 'twilio' })
  await server.carrier.stop()
  const older = await start(server)
  server.clock.advance(1000)
  const newer = await start(server, older.phone_number)
  await server.carrier.start()

  await pass(server, 60)

  const cancelled = await messageOf(server, older.id)
  assert.deepEqual([cancelled.state, cancelled.cause.code], ['cancelled', 'superseded'])
  assert.equal((await messageOf(server, newer.id)).state, 'accepted')
  const arrived = requestsTo(server, older.phone_number)
  assert.equal(arrived.length, 1)
  assert.equal(await sealedBodies(server), 0)
  const tokens = await server.post('/oauth/token', {
    grant_type: passwordlessOtpGrant,
    client_id: 'demo',
    username: older.phone_number,
    otp: /[0-9]{6}/.exec(arrived[0]?.form.get('Body') ?? '')?.[0],
    realm: 'sms',
  })
  assert.equal(tokens.status, 200)
})

test('a message whose provider is removed while it waits fails with that cause', async () => {
  const server = await testServer({ provider: 'twilio', inbox: false })
  await server.carrier.stop()
  const { id, phone_number } = await start(server)
  const { body } = await server.manage('GET', '/branding/phone/providers')
  await server.manage('DELETE', `/branding/phone/providers/${body.providers[0].id}`)
  await server.carrier.start()

  await pass(server, 30)

  const message = await messageOf(server, id)
  assert.deepEqual([message.state, message.cause.code], ['failed', 'provider_not_available'])
  assert.equal(requestsTo(server, phone_number).length, 0)
  assert.equal(await sealedBodies(server), 0)
})

test('a message that cannot be opened holds up no other, and ends', async () => {
  const errors: object[] = []
  const log = { ...silentLogger, error: (fields: object) => errors.push(fields) }
  const server = await testServer({ provider: 'twilio', log })
  await server.carrier.stop()
  const poison = await start(server)
  const others = [await start(server), await start(server), await start(server)]
  await server.app.deps.db.run(sql`
    update messages set sealed = '\\x00'
     where tenant_id = ${server.tenant.name} and id = ${poison.id.replace('ntf_', '')}`)
  await server.carrier.start()

  await pass(server, 30)

  for (const { id } of others) assert.equal((await messageOf(server, id)).state, 'accepted')
  await pass(server, 200)
  const message = await messageOf(server, poison.id)
  assert.deepEqual([message.state, message.cause.code], ['failed', 'message_unreadable'])
  // Another node may have its key, so it is looked at again until its code dies, and no longer.
  assert.ok(errors.length >= 1 && errors.length <= 180 / 5 + 1, `${errors.length} errors`)
  assert.equal(await sealedBodies(server), 0)
})

test('a message whose node died is sent again and marked, and the late answer of the dead changes nothing', async () => {
  const late = Promise.withResolvers<Response>()
  const dying = await testServer({ provider: 'twilio', leaseMs: 5000, fetch: () => late.promise })
  const alive = await testServer({ clock: dying.clock })
  const { body } = await dying.request('POST', '/passwordless/start', {
    client_id: 'demo',
    connection: 'sms',
    phone_number: newNumber(),
  })
  const number = body.phone_number as string
  const look = async () => {
    const answer = await alive.request('GET', '/api/v2/phone/messages?take=1', undefined, {
      host: dying.tenant.host,
      authorization: `Bearer ${await adminToken(dying)}`,
    })
    return messageById(alive, dying, answer.body.messages[0].id)
  }

  dying.clock.advance(4999)
  await alive.app.sweeper.sweep()
  await alive.settle()
  assert.equal(requestsTo(alive, number).length, 0)
  dying.clock.advance(1)
  await Promise.all([alive.app.sweeper.sweep(), alive.app.sweeper.sweep()])
  await alive.settle()

  const taken = await look()
  assert.equal(requestsTo(alive, number).length, 1)
  assert.equal(taken.possible_duplicate, true)
  assert.deepEqual([taken.state, outcomes(taken)], ['accepted', ['unknown', 'accepted']])

  late.resolve(Response.json({ code: 21211, message: 'refused' }, { status: 400 }))
  await dying.settle()
  assert.deepEqual(await look(), taken)
})

async function adminToken(server: TestServer): Promise<string> {
  const { body } = await server.request('POST', '/oauth/token', {
    grant_type: 'client_credentials',
    client_id: server.admin.clientId,
    client_secret: server.admin.clientSecret,
    audience: `${server.tenant.url}/api/v2/`,
  })
  return body.access_token
}

/** A message of `owner`, asked of another node. */
async function messageById(node: TestServer, owner: TestServer, id: string) {
  const { body } = await node.request('GET', `/api/v2/phone/messages/${id}`, undefined, {
    host: owner.tenant.host,
    authorization: `Bearer ${await adminToken(owner)}`,
  })
  return body
}

/** Reports as Twilio sends them, signed with the tenant's auth token. */
async function report(server: TestServer, id: string, sid: string, status: string, code = '') {
  const path = `/callbacks/twilio/messages/${id}`
  const form = { ErrorCode: code, MessageSid: sid, MessageStatus: status }
  const signed = Object.entries(form).flat().join('')
  const answer = await server.request('POST', path, new URLSearchParams(form).toString(), {
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': createHmac('sha1', 'twilio-auth-token')
      .update(server.tenant.url + path + signed)
      .digest('base64'),
  })
  assert.equal(answer.status, 200, answer.text)
  return answer.body.result as string
}

const sidOf = async (server: TestServer, id: string): Promise<string> =>
  (await messageOf(server, id)).attempts[0].provider_message_id

for (const order of [
  ['queued', 'sent', 'delivered'],
  ['delivered', 'sent', 'queued'],
  ['sent', 'delivered', 'queued'],
  ['queued', 'queued', 'delivered', 'delivered', 'sent'],
  ['delivered', 'failed', 'undelivered'],
]) {
  test(`reports in the order ${order.join(', ')} leave a delivered message, told once`, async () => {
    const server = await testServer({ provider: 'twilio', callbacks: true })
    const { id, startId } = await start(server)
    const sid = await sidOf(server, id)

    for (const status of order) await report(server, id, sid, status)
    await server.settle()

    const message = await messageOf(server, id)
    assert.equal(message.state, 'delivered')
    assert.equal(message.cause, null)
    assert.deepEqual((await server.get(`/passwordless/status?id=${startId}`)).body, {
      state: 'delivered',
      final: true,
    })
    const states = await historyOf(server, id)
    assert.equal(states.filter((state) => state === 'delivered').length, 1, String(states))
    assert.deepEqual(await server.logs(), ['cs'])
  })
}

test('a failure that is reported twice is told once, with its cause, and no later report undoes it', async () => {
  const server = await testServer({ provider: 'twilio', callbacks: true })
  const { id } = await start(server)
  const sid = await sidOf(server, id)

  const results = []
  for (const status of ['undelivered', 'undelivered', 'sent', 'delivered']) {
    results.push(await report(server, id, sid, status, status === 'undelivered' ? '30005' : ''))
  }
  await server.settle()

  const message = await messageOf(server, id)
  assert.deepEqual(results, ['applied', 'unchanged', 'unchanged', 'unchanged'])
  assert.equal(message.state, 'failed')
  assert.ok(message.cause.code.length > 0)
  assert.deepEqual(await server.logs(), ['cs', 'fn'])
})

test('a report that comes before the answer of the carrier keeps its state, and the try is recorded', async () => {
  const server = await testServer({ provider: 'twilio', callbacks: true })
  server.carrier.respond(async ({ form }) => {
    const id = form.get('StatusCallback')?.split('/').at(-1) ?? ''
    await report(server, id, 'SM0000000000000000000000000000000a', 'delivered')
    return { body: { sid: 'SM0000000000000000000000000000000a', status: 'queued' } }
  })

  const { id } = await start(server)

  const message = await messageOf(server, id)
  assert.equal(message.state, 'delivered')
  assert.deepEqual(outcomes(message), ['accepted'])
  assert.equal(message.attempts[0].provider_message_id, 'SM0000000000000000000000000000000a')
  assert.equal(await sealedBodies(server), 0)
  await pass(server, 60)
  assert.equal(server.carrier.requests.length, 1)
})

async function historyOf({ app, tenant }: TestServer, id: string): Promise<string[]> {
  const row = await app.deps.db.first(
    Type.Object({ history: Type.Array(Type.Object({ state: Type.String() })) }),
    sql`select history from messages
         where tenant_id = ${tenant.name} and id = ${id.replace('ntf_', '')}`,
  )
  return row?.history.map(({ state }) => state) ?? []
}
