import assert from 'node:assert/strict'
import { test } from 'node:test'
import { borrow } from '../../test/borrowed-database.ts'
import { stillClock, type TestServer, testServer } from '../../test/harness.ts'
import { openMigrated } from '../../test/migrated.ts'
import type { Database } from '../store/db.ts'
import { sql } from '../store/sql.ts'

const leaseMs = 25_000
const start = { client_id: 'demo', connection: 'sms', phone_number: '+14155550137' }

/** Runs `then` between the moment at which a start is stored and the one at which its node hears of it. */
const afterStoring = (database: Database, then: () => Promise<void>): Database =>
  borrow(database, {
    async batch(kind, item) {
      const result = await database.batch(kind, item)
      if (kind.name === 'challenged-messages') await then()
      return result
    },
  })

async function newestMessage(server: TestServer) {
  const { body } = await server.manage('GET', '/phone/messages?take=1')
  const { body: message } = await server.manage('GET', `/phone/messages/${body.messages[0].id}`)
  return message
}

test('a node that hears of its message when the lease is over leaves it to whoever took it over', async () => {
  const database = await openMigrated('pglite')
  const clock = stillClock()
  const other = await testServer({ clock, leaseMs })
  const server = await testServer({
    provider: 'twilio',
    clock,
    leaseMs,
    database: afterStoring(database, async () => {
      clock.advance(leaseMs + 1000)
      await other.app.sweeper.sweep()
      await other.settle()
    }),
  })

  const reply = await server.post('/passwordless/start', start)

  assert.equal(reply.status, 200)
  const message = await newestMessage(server)
  assert.equal(message.possible_duplicate, true)
  assert.equal(server.carrier.requests.length + other.carrier.requests.length, 1)
})

test('a node that has too little of its lease left to wait for a carrier gives the message back', async () => {
  const database = await openMigrated('pglite')
  const clock = stillClock()
  const server = await testServer({
    provider: 'twilio',
    clock,
    leaseMs,
    database: afterStoring(database, async () => clock.advance(leaseMs - 5000)),
  })

  await server.post('/passwordless/start', start)

  const waiting = await newestMessage(server)
  assert.deepEqual(
    [waiting.state, waiting.attempts, waiting.possible_duplicate],
    ['queued', [], false],
  )
  assert.equal(server.carrier.requests.length, 0)
  await server.app.sweeper.sweep()
  await server.settle()
  const sent = await newestMessage(server)
  assert.deepEqual(
    [sent.state, sent.attempts_count, sent.possible_duplicate],
    ['accepted', 1, false],
  )
  assert.equal(server.carrier.requests.length, 1)
})

test('a message that no key of the server opens waits for a node that has the key, and fails with its code', async () => {
  const database = await openMigrated('pglite')
  const errors: string[] = []
  const quiet = () => {}
  const server = await testServer({
    provider: 'twilio',
    maxDeliveries: 0,
    log: { debug: quiet, info: quiet, warn: quiet, error: (_, text) => errors.push(text ?? '') },
  })
  await server.post('/passwordless/start', start)
  await database.run(sql`
    update messages set sealed = ${Buffer.alloc(64, 1)} where tenant_id = ${server.tenant.name}`)
  server.app.deps.options.maxDeliveries = 10

  await server.app.sweeper.sweep()
  await server.settle()
  const waiting = await newestMessage(server)
  assert.deepEqual(
    [waiting.state, waiting.attempts_count, waiting.cause?.code],
    ['queued', 0, 'message_unreadable'],
  )
  assert.deepEqual(errors, ['a message could not be opened'])

  server.clock.advance(180_000)
  await server.app.sweeper.sweep()
  await server.settle()
  const failed = await newestMessage(server)
  assert.deepEqual([failed.state, failed.possible_duplicate], ['failed', false])
  assert.equal(failed.cause.code, 'message_unreadable')
  assert.equal(server.carrier.requests.length, 0)
})
