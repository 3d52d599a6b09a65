import assert from 'node:assert/strict'
import { test } from 'node:test'
import { borrow } from './borrowed-database.ts'
import { stillClock, testServer } from './harness.ts'
import { legacyTenant } from './legacy-tenant.ts'
import { openMigrated } from './migrated.ts'

const leaseMs = 25_000

/** A tenant whose node dies between storing a message and asking the gateway, as often as told. */
async function dyingTenant() {
  const database = await openMigrated('pglite')
  const dying = { now: false }
  const clock = stillClock()
  const tenant = await legacyTenant({
    ...{ clock, leaseMs },
    database: borrow(database, {
      async batch(kind, item) {
        const result = await database.batch(kind, item)
        if (kind.name === 'challenged-messages' && dying.now) throw new Error('the node dies')
        return result
      },
    }),
    log: { debug() {}, info() {}, warn() {}, error() {} },
  })
  return { ...tenant, clock, dying }
}

test('a message whose node died is sent by another when the lease is over, and marked', async () => {
  const { server, gateway, clock, dying, start, message } = await dyingTenant()
  dying.now = true

  const { status } = await start()
  dying.now = false
  clock.advance(leaseMs)
  await server.app.sweeper.sweep()
  await server.settle()
  const early = gateway.requests.length
  clock.advance(15_000)
  await server.app.sweeper.sweep()
  await server.settle()

  assert.equal(status, 500)
  assert.equal(early, 0, 'its lease is as long as a gateway may take')
  assert.equal(gateway.requests.length, 1)
  const { state, possible_duplicate, attempts } = await message()
  assert.deepEqual([state, possible_duplicate], ['accepted', true])
  assert.deepEqual(
    attempts.map(({ outcome }: { outcome: string }) => outcome),
    ['unknown', 'accepted'],
  )
})

test('a person who asked again after the crash gets one text, of the newer code', async () => {
  const { server, gateway, clock, dying, start } = await dyingTenant()
  dying.now = true
  await start()
  dying.now = false
  clock.advance(1000)

  await start()
  clock.advance(60_000)
  await server.app.sweeper.sweep()
  await server.settle()

  assert.equal(gateway.requests.length, 1)
  const { body } = await server.manage('GET', '/phone/messages')
  const states = body.messages.map(({ state }: { state: string }) => state)
  assert.deepEqual(states, ['accepted', 'cancelled'])
})

test('a slow gateway is not asked a second time by another node', async () => {
  const clock = stillClock()
  const { server, gateway, start, message } = await legacyTenant({ clock, leaseMs })
  const other = await testServer({ clock, leaseMs, egressAllow: [gateway.address] })
  gateway.answer({ delayMs: 200 })

  const started = start()
  while (gateway.requests.length === 0) await new Promise((turn) => setImmediate(turn))
  clock.advance(30_000)
  await other.app.sweeper.sweep()
  await other.settle()

  assert.equal((await started).status, 200)
  assert.equal(gateway.requests.length, 1)
  assert.equal((await message()).possible_duplicate, false)
  assert.equal(server.carrier.requests.length, 0)
})
