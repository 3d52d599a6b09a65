import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countStatements } from './counted-database.ts'
import type { GatewayAnswer } from './fake-gateway.ts'
import { testServer } from './harness.ts'
import { legacyTenant } from './legacy-tenant.ts'
import { openMigrated } from './migrated.ts'

const known = '+12025551701'
const unknown = '+12025551702'
const blocked = '+12025551703'

/** A tenant without sign-up: a known person gets texts, the others do not and may not see it. */
async function prepare() {
  const { database, statements } = countStatements(await openMigrated('pglite'))
  const tenant = await legacyTenant({ database })
  const { server, connect, gatewayOptions } = tenant
  for (const phone_number of [known, blocked]) {
    const { body } = await server.manage('POST', '/users', { connection: 'sms', phone_number })
    if (phone_number === blocked) {
      await server.manage('PATCH', `/users/${encodeURIComponent(body.user_id)}`, { blocked: true })
    }
  }
  await connect({ ...gatewayOptions, disable_signup: true })
  await server.get('/.well-known/jwks.json')
  await server.manage('PATCH', '/phone/protection', { number: null })
  const observe = async (number: string) => {
    await server.settle()
    statements.length = 0
    const began = performance.now()
    const { status, body } = await tenant.start(number)
    const tookMs = performance.now() - began
    const { _id: _, phone_number: __, ...told } = body
    return { shape: { status, told, statements: [...statements] }, tookMs }
  }
  return { ...tenant, observe }
}

const answers: [string, GatewayAnswer][] = [
  ['takes the text', { delayMs: 120 }],
  ['refuses the token', { status: 401, delayMs: 120 }],
  ['fails', { status: 500, delayMs: 120 }],
  ['breaks the connection', { instead: 'reset' }],
]

for (const [what, answer] of answers) {
  test(`a gateway that ${what} tells nothing of the person, in words, in work or in time`, async () => {
    const { gateway, observe } = await prepare()
    gateway.answer(answer)
    await observe(known) // what a process does first takes longer

    const real = await observe(known)
    const decoys = [await observe(unknown), await observe(blocked)]

    assert.equal(gateway.requests.length, 2, 'only the known person gets texts')
    for (const { shape, tookMs } of decoys) {
      assert.deepEqual(shape, real.shape)
      if (answer.delayMs !== undefined) assert.ok(tookMs > 100, `${tookMs} ms`)
    }
  })
}

test('a process that has sent nothing itself goes by what is recorded', async () => {
  const { server, gateway, observe } = await prepare()
  const fresh = await testServer({ clock: server.clock, egressAllow: [gateway.address] })
  const startThere = () =>
    fresh.request(
      'POST',
      '/passwordless/start',
      { client_id: 'demo', connection: 'sms', phone_number: unknown },
      { host: server.tenant.host },
    )
  gateway.answer({ status: 500 })
  const real = await observe(known)

  const decoy = await startThere()
  server.clock.advance(600_001)
  const later = await startThere()

  assert.deepEqual([real.shape.status, decoy.status, later.status], [400, 400, 200])
  assert.deepEqual(decoy.body, real.shape.told)
  assert.equal(gateway.requests.length, 1)
})

test('a refusal of one number is not told of others', async () => {
  const { gateway, observe } = await prepare()
  gateway.answer({ status: 422 })

  const real = await observe(known)
  const decoy = await observe(unknown)

  assert.equal(real.shape.status, 400)
  assert.equal(decoy.shape.status, 200)
})

test('a gateway that works again is told to work again', async () => {
  const { gateway, observe } = await prepare()
  gateway.answer({ status: 500 })
  await observe(known)
  gateway.answer({})
  await observe(known)

  assert.equal((await observe(unknown)).shape.status, 200)
})
