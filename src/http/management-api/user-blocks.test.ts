import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestServer, testServer } from '../../../test/harness.ts'

const number = '+14155550137'
const start = { client_id: 'demo', connection: 'sms', phone_number: number }
const guess = (otp: string) => ({
  grant_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
  ...{ client_id: 'demo', username: number, realm: 'sms', otp },
})

/** Spends the number's guesses. */
async function block(server: TestServer): Promise<void> {
  await server.post('/passwordless/start', start)
  for (let wrong = 0; wrong < 10; wrong += 1) await server.post('/oauth/token', guess('0'))
}

test('a number without guesses is blocked, by identifier and by person, until it is unblocked', async () => {
  const server = await testServer()
  const { body: user } = await server.manage('POST', '/users', {
    connection: 'sms',
    phone_number: number,
  })
  const byId = `/user-blocks/${encodeURIComponent(user.user_id)}`
  const byIdentifier = `/user-blocks?identifier=${encodeURIComponent(number)}`
  assert.deepEqual((await server.manage('GET', byIdentifier)).body, { blocked_for: [] })

  await block(server)
  const blocked = { blocked_for: [{ identifier: number, connection: 'sms' }] }
  assert.deepEqual((await server.manage('GET', byIdentifier)).body, blocked)
  assert.deepEqual((await server.manage('GET', byId)).body, blocked)
  assert.equal((await server.manage('DELETE', byId)).status, 204)
  assert.deepEqual((await server.manage('GET', byId)).body, { blocked_for: [] })

  await server.post('/passwordless/start', start)
  const { status } = await server.post('/oauth/token', guess(await server.newestCode()))
  assert.equal(status, 200)
  assert.equal((await server.logs()).filter((type) => type === 'ublkdu').length, 1)
})

test('unblocking by identifier works once and is no error twice; without one it is 400', async () => {
  const server = await testServer()
  const path = `/user-blocks?identifier=${encodeURIComponent(number)}`
  await block(server)

  assert.equal((await server.manage('DELETE', path)).status, 204)
  assert.equal((await server.manage('DELETE', path)).status, 204)
  assert.equal((await server.manage('GET', '/user-blocks')).status, 400)
  assert.equal((await server.logs()).filter((type) => type === 'ublkdu').length, 1)
})

test('where brute-force protection is off nobody is told blocked, if that is considered', async () => {
  const server = await testServer()
  await block(server)
  await server.manage('PATCH', '/attack-protection/brute-force-protection', { enabled: false })
  const path = `/user-blocks?identifier=${encodeURIComponent(number)}`

  const considered = await server.manage('GET', `${path}&consider_brute_force_enablement=true`)
  const plain = await server.manage('GET', path)

  assert.deepEqual(considered.body, { blocked_for: [] })
  assert.equal(plain.body.blocked_for.length, 1)
})

test('an address that asked too often is blocked and can be let in again', async () => {
  const server = await testServer()
  await server.manage('PATCH', '/phone/protection', { address: { count: 1, per_s: 3600 } })
  const path = '/anomaly/blocks/ips/127.0.0.1'
  assert.equal((await server.manage('GET', path)).status, 404)

  await server.post('/passwordless/start', start)
  assert.equal((await server.manage('GET', path)).status, 200)
  assert.equal((await server.post('/passwordless/start', start)).status, 429)
  assert.equal((await server.manage('DELETE', path)).status, 204)
  assert.equal((await server.manage('GET', path)).status, 404)
  assert.equal((await server.post('/passwordless/start', start)).status, 200)
  assert.equal((await server.manage('GET', '/anomaly/blocks/ips/nowhere')).status, 400)
})
