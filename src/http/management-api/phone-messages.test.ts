import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines } from '../../../test/databases.ts'
import { type TestServer, testServer } from '../../../test/harness.ts'

const start = (server: TestServer, phone_number: string) =>
  server.post('/passwordless/start', {
    client_id: 'demo',
    connection: 'sms',
    phone_number,
    send: 'code',
  })
const path = '/phone/messages'
const one = '+4915112345671'
const other = '+4915112345672'

test('a sent message shows its whole history and neither its code nor its number', async () => {
  const server = await testServer({ provider: 'twilio' })
  await start(server, one)

  const { body } = await server.manage('GET', path)

  assert.deepEqual(Object.keys(body), ['messages'])
  const [message] = body.messages
  assert.match(message.id, /^ntf_[0-9a-f]{22}$/)
  const at = new Date(server.clock.now()).toISOString()
  assert.partialDeepStrictEqual(message, {
    message_type: 'otp_verify',
    flow: 'passwordless',
    delivery_method: 'text',
    recipient: 'XXXXXXXXXX5671',
    country: 'DE',
    provider: 'twilio',
    state: 'accepted',
    possible_duplicate: false,
    attempts_count: 1,
    cause: null,
    client_id: 'demo',
    connection: 'sms',
    created_at: at,
  })
  assert.match(message.recipient_hash, /^[0-9a-f]{64}$/)
  assert.equal('user_id' in message, false)

  const single = await server.manage('GET', `${path}/${message.id}`)
  const { attempts, ...rest } = single.body
  assert.deepEqual(rest, message)
  assert.equal(attempts.length, 1)
  assert.partialDeepStrictEqual(attempts[0], { number: 1, outcome: 'accepted', started_at: at })
  const code = await server.newestCode()
  assert.equal(single.text.includes(code) || single.text.includes(one), false)
})

test('a refused message says why and what to do', async () => {
  const server = await testServer({ provider: 'twilio' })
  server.carrier.script({ status: 400, body: { code: 21408, message: 'Permission' } })
  await start(server, one)

  const { body } = await server.manage('GET', `${path}?state=failed`)

  assert.equal(body.messages.length, 1)
  assert.equal(body.messages[0].cause.code, 'twilio_21408')
  const single = await server.manage('GET', `${path}/${body.messages[0].id}`)
  assert.equal(single.body.attempts[0].outcome, 'permanent')
  assert.equal(single.body.attempts[0].provider_error.code, '21408')
})

test('pages run newest first, each message once, and end without a next', async () => {
  const server = await testServer()
  for (const digit of [1, 2, 3, 4, 5]) {
    await start(server, `+491511234568${digit}`)
    server.clock.advance(1000)
  }
  const seen: string[] = []
  let next = ''
  for (;;) {
    const { body } = await server.manage('GET', `${path}?take=2${next}`)
    seen.push(...body.messages.map(({ recipient }: { recipient: string }) => recipient.slice(-1)))
    if (body.next === undefined) break
    next = `&from=${body.next}`
  }
  assert.deepEqual(seen, ['5', '4', '3', '2', '1'])
})

for (const engine of engines) {
  test(`on ${engine} each filter keeps what it names`, async () => {
    const server = await testServer({ engine })
    await start(server, one)
    server.clock.advance(60_000)
    const between = new Date(server.clock.now()).toISOString()
    server.clock.advance(60_000)
    await start(server, other)
    for (const [query, expected] of [
      [`recipient=${encodeURIComponent(one)}`, ['5671']],
      ['recipient=%2B49%20151%2012345671', ['5671']],
      ['recipient=+4915112345672', ['5672']],
      ['recipient=%2B4915112345679', []],
      ['state=delivered', ['5672', '5671']],
      ['state=failed', []],
      ['message_type=otp_verify&provider=inbox', ['5672', '5671']],
      ['message_type=otp_enroll', []],
      ['provider=twilio', []],
      [`created_after=${between}`, ['5672']],
      [`created_before=${between}`, ['5671']],
      ['created_after=2020-01-01&created_before=2020-01-02', []],
    ] as const) {
      const { body } = await server.manage('GET', `${path}?${query}`)
      const found = body.messages.map(({ recipient }: { recipient: string }) => recipient.slice(-4))
      assert.deepEqual(found, expected, query)
    }
  })
}

test('what makes no sense in a filter is 400, an unknown message 404', async () => {
  const server = await testServer()
  for (const query of [
    'recipient=people',
    'state=lost',
    'message_type=sms',
    'created_after=yesterday',
    'created_after=2020-02-31T25:00:00Z',
    'take=0',
    'take=101',
    'take=some',
    'from=!!!',
  ]) {
    const reply = await server.manage('GET', `${path}?${query}`)
    assert.deepEqual([reply.status, reply.body.errorCode], [400, 'invalid_query_string'], query)
  }
  for (const id of ['ntf_0000000000000000000000', 'x', '%27']) {
    assert.equal((await server.manage('GET', `${path}/${id}`)).status, 404)
  }
})

test("another tenant's messages do not exist", async () => {
  const [server, stranger] = [await testServer(), await testServer()]
  await start(server, one)
  const { body } = await server.manage('GET', path)

  assert.equal((await stranger.manage('GET', `${path}/${body.messages[0].id}`)).status, 404)
  assert.deepEqual((await stranger.manage('GET', path)).body, { messages: [] })
})
