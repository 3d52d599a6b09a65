import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestServer, testServer } from '../../../test/harness.ts'

const start = (server: TestServer, phone_number: string) =>
  server.post('/passwordless/start', {
    client_id: 'demo',
    connection: 'sms',
    phone_number,
    send: 'code',
  })
const path = '/phone/inbox'
const one = '+4915112345671'
const other = '+4915112345672'

test('the inbox shows a message exactly as it would have been sent', async () => {
  const server = await testServer()
  assert.deepEqual((await server.manage('GET', path)).body, { messages: [] })
  await start(server, one)

  const { body } = await server.manage('GET', path)

  const [message] = body.messages
  assert.equal(body.messages.length, 1)
  assert.deepEqual(Object.keys(message).sort(), [
    'code',
    'created_at',
    'delivery_method',
    'id',
    'message_type',
    'recipient',
    'text',
    'voice',
  ])
  assert.equal(message.recipient, one)
  assert.match(message.code, /^[0-9]{6}$/)
  assert.ok(message.text.includes(message.code))
})

test('recipient, after and take narrow the list, newest first', async () => {
  const server = await testServer()
  for (const number of [one, other, one]) {
    await start(server, number)
    server.clock.advance(1000)
  }
  const all = (await server.manage('GET', path)).body.messages
  const recipients = async (query: string) =>
    (await server.manage('GET', `${path}?${query}`)).body.messages.map(
      ({ recipient }: { recipient: string }) => recipient,
    )

  assert.deepEqual(await recipients(''), [one, other, one])
  assert.ok(all[0].id > all[1].id && all[1].id > all[2].id)
  assert.deepEqual(await recipients('take=2'), [one, other])
  assert.deepEqual(await recipients(`recipient=${encodeURIComponent(other)}`), [other])
  assert.deepEqual(await recipients(`after=${all[1].id}`), [one])
  // `after` compares across recipients: newer than the other number's message.
  const after = `after=${all[1].id}&recipient=${encodeURIComponent(one)}`
  assert.deepEqual(await recipients(after), [one])
  assert.deepEqual(await recipients(`after=${all[0].id}`), [])
})

test('who waits gets the next message; what is there is not waited for', async () => {
  const server = await testServer()
  const query = `recipient=${encodeURIComponent(one)}&wait=30`
  const waiting = server.request('GET', `/api/v2${path}?${query}`, undefined, await token(server))

  await start(server, other)
  await start(server, one)

  const { body } = await waiting
  assert.deepEqual(
    body.messages.map(({ recipient }: { recipient: string }) => recipient),
    [one],
  )
  const again = await server.manage('GET', `${path}?${query}`)
  assert.equal(again.body.messages[0].id, body.messages[0].id)
})

test('a wait that ends without a message is 200 with an empty list', async () => {
  const server = await testServer()
  const reply = await server.manage('GET', `${path}?wait=1`)
  assert.deepEqual([reply.status, reply.body], [200, { messages: [] }])
})

test('without an inbox the list does not exist; with one, odd questions are 400', async () => {
  const off = await testServer({ inbox: false })
  assert.deepEqual((await off.manage('GET', path)).body, {
    statusCode: 404,
    error: 'Not Found',
    message: 'Not Found',
  })
  const on = await testServer()
  for (const query of ['wait=31', 'wait=-1', 'take=0', 'take=101', 'recipient=people']) {
    assert.equal((await on.manage('GET', `${path}?${query}`)).status, 400, query)
  }
})

/** Without `manage`, which waits for all that goes on. */
async function token(server: TestServer): Promise<Record<string, string>> {
  const { body } = await server.post('/oauth/token', {
    grant_type: 'client_credentials',
    client_id: server.admin.clientId,
    client_secret: server.admin.clientSecret,
    audience: `${server.tenant.url}/api/v2/`,
  })
  return { authorization: `Bearer ${body.access_token}` }
}
