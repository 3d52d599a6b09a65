import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { Type } from 'typebox'
import { reorderLogs } from '../src/domain/log-order.ts'
import { getLogStream, patchLogStream } from '../src/domain/log-streams.ts'
import { type LogEntry, writeTenantLog } from '../src/domain/tenant-logs.ts'
import { sql } from '../src/store/sql.ts'
import { insertTenantLog } from '../src/store/tenant-logs.ts'
import { engines } from './databases.ts'
import { type TestServer, type TestServerOptions, testServer } from './harness.ts'
import { openMigrated } from './migrated.ts'
import { startWebhook, type Webhook } from './webhook.ts'

type Made = { server: TestServer; webhook: Webhook; id: string }

/** A server with one stream to a webhook on loopback. */
async function streaming(
  body: { sink?: object; [member: string]: unknown } = {},
  options: TestServerOptions = {},
): Promise<Made> {
  const webhook = await startWebhook()
  after(() => webhook.close())
  const server = await testServer({ egressAllow: [webhook.address], ...options })
  const { sink, ...more } = body
  const made = await server.manage('POST', '/log-streams', {
    type: 'http',
    sink: { httpEndpoint: webhook.url, ...sink },
    ...more,
  })
  assert.equal(made.status, 200, made.text)
  return { server, webhook, id: made.body.id }
}

const write = async ({ server }: Pick<Made, 'server'>, ...entries: LogEntry[]) => {
  for (const entry of entries) {
    await writeTenantLog(server.app.deps, { id: server.tenant.name }, entry)
  }
  await othersEnded(server)
}

/**
 * Waits for the transactions that run now. One of any other database of the same PostgreSQL, of another
 * test, holds back what the sender takes, and would leave it for the next look.
 */
async function othersEnded({ app: { deps } }: TestServer): Promise<void> {
  const row = await deps.db.first(
    Type.Object({ next: Type.String() }),
    sql`select pg_snapshot_xmax(pg_current_snapshot())::text as next`,
  )
  const deadline = performance.now() + 20_000
  while (performance.now() < deadline) {
    const ended = await deps.db.first(
      Type.Object({ ended: Type.Boolean() }),
      sql`select pg_snapshot_xmin(pg_current_snapshot()) >= ${row?.next}::text::xid8 as ended`,
    )
    if (ended?.ended === true) return
    await setTimeout(5)
  }
  assert.fail('a transaction of another test does not end')
}

/** One look of the sender, and all that follows from it. */
const send = async ({ server }: Pick<Made, 'server'>) => {
  await othersEnded(server)
  await server.app.logStreams.send()
  await server.settle()
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
type Record = { log_id: string; data: any }

const linesOf = (webhook: Webhook): Record[] =>
  webhook.taken.flatMap(({ body }) => body.split('\n').map((line) => JSON.parse(line)))

/** Entries without a user come from the test's own calls. */
const users = (records: Record[]) =>
  records.flatMap(({ data }) => (data.user_id === undefined ? [] : [data.user_id]))

for (const engine of engines) {
  test(`on ${engine} a receiver that fails at first gets every entry in the end, in order`, async () => {
    const made = await streaming({}, { engine })
    const { server, webhook } = made
    webhook.respond(() => 503)
    await write(made, { type: 's', user_id: 'sms|1' }, { type: 's', user_id: 'sms|2' })

    await send(made)
    await write(made, { type: 'f', user_id: 'sms|3' })
    await send(made) // too early for the next try
    assert.deepEqual([webhook.refused.length, webhook.taken.length], [1, 0])

    server.clock.advance(6001)
    await send(made)
    assert.equal(webhook.refused.length, 2, 'tried again after five seconds')
    server.clock.advance(6001)
    await send(made)
    assert.equal(webhook.refused.length, 2, 'the second pause is longer')
    webhook.respond(() => 200)
    server.clock.advance(6001)
    await send(made)

    const records = linesOf(webhook)
    assert.deepEqual(users(records), ['sms|1', 'sms|2', 'sms|3'])
    assert.equal(records.at(-1)?.log_id, records.at(-1)?.data.log_id)
    await send(made)
    assert.equal(webhook.taken.length, 1, 'nothing is sent twice')
  })

  test(`on ${engine} an entry that is committed after one with a greater id is delivered too`, async () => {
    const made = await streaming({}, { engine })
    const { server, webhook } = made
    const { deps } = server.app
    await write(made, { type: 's', user_id: 'sms|1' })
    await send(made)

    // Its id says that it is an hour old: a node whose clock is slow, a statement that waited.
    const [first] = (await server.manage('GET', '/logs?q=type:s')).body
    const old = `90020${'0'.repeat(50)}1`
    await insertTenantLog(deps.db, {
      ...{ tenant_id: server.tenant.name, log_id: old, type: 's', date: 1 },
      ...{ client_id: null, user_id: 'sms|2', entry: { ...first, log_id: old, user_id: 'sms|2' } },
    })
    await send(made)

    assert.deepEqual(users(linesOf(webhook)), ['sms|1', 'sms|2'])
  })
}

test('nothing is passed over that a running transaction may still bring', async () => {
  const made = await streaming({}, { engine: 'postgres' })
  const { server, webhook } = made
  const { deps } = server.app
  const tenant = { id: server.tenant.name }
  await deps.db.transaction(async (tx) => {
    await writeTenantLog({ ...deps, db: { ...deps.db, batch: tx.batch.bind(tx) } }, tenant, {
      type: 's',
      user_id: 'sms|early',
    })
    await writeTenantLog(deps, tenant, { type: 's', user_id: 'sms|late' })
    await server.app.logStreams.send()
    await server.settle()
    assert.deepEqual(users(linesOf(webhook)), [], 'the later one waits for the earlier')
  })

  await send(made)

  assert.deepEqual(users(linesOf(webhook)), ['sms|early', 'sms|late'])
})

test('two nodes never work on a stream at once, and one takes over from another that died', async () => {
  const database = await openMigrated('postgres')
  const made = await streaming({}, { database })
  const { server, webhook } = made
  const second = await testServer({
    database,
    egressAllow: [webhook.address],
    clock: server.clock,
  })
  let asked = () => {}
  const arrived = new Promise<void>((resolve) => {
    asked = resolve
  })
  webhook.respond(() => {
    asked()
    return 200
  })
  await write(made, { type: 's', user_id: 'sms|1' })

  await server.app.logStreams.send()
  await arrived
  await second.app.logStreams.send()
  await Promise.all([server.settle(), second.settle()])
  assert.equal(webhook.taken.length, 1)

  // A node that claims and is never heard of again.
  const dead = await testServer({ database, clock: server.clock })
  dead.app.deps.background.run = () => {}
  await write(made, { type: 's', user_id: 'sms|2' })
  await dead.app.logStreams.send()
  await send({ server: second })
  assert.equal(webhook.taken.length, 1, 'the lease holds')
  server.clock.advance(30_001)
  await send({ server: second })
  assert.deepEqual(users(linesOf(webhook)), ['sms|1', 'sms|2'])
})

test('formats, headers and authorization are those of the sink', async () => {
  const headers = [{ header: 'X-Team', value: 'night' }]
  const sink = { httpAuthorization: 'Basic abc', httpCustomHeaders: headers }
  const deliver = async (format: object) => {
    const made = await streaming({ sink: { ...sink, ...format } })
    await write(made, { type: 's', user_id: 'sms|1' }, { type: 's', user_id: 'sms|2' })
    await send(made)
    return made
  }
  const array = await deliver({
    httpContentFormat: 'JSONARRAY',
    httpContentType: 'application/vnd.x+json',
  })
  const object = await deliver({ httpContentFormat: 'JSONOBJECT' })

  const [whole] = array.webhook.taken
  assert.deepEqual(users(JSON.parse(whole?.body ?? '')), ['sms|1', 'sms|2'])
  assert.equal(whole?.headers['content-type'], 'application/vnd.x+json')
  assert.equal(whole?.headers.authorization, 'Basic abc')
  assert.equal(whole?.headers['x-team'], 'night')
  const each = object.webhook.taken.map(({ body }) => JSON.parse(body))
  assert.deepEqual(users(each), ['sms|1', 'sms|2'])
  assert.equal(object.webhook.taken[0]?.headers['content-type'], 'application/json')
})

test('one request for each record goes on after the last that was taken', async () => {
  const made = await streaming({ sink: { httpContentFormat: 'JSONOBJECT' } })
  const { server, webhook } = made
  webhook.respond(({ body }) => (body.includes('sms|2') ? 500 : 200))
  await write(
    made,
    { type: 's', user_id: 'sms|1' },
    { type: 's', user_id: 'sms|2' },
    { type: 's', user_id: 'sms|3' },
  )

  await send(made)
  webhook.respond(() => 200)
  server.clock.advance(7000)
  await send(made)

  const each = webhook.taken.map(({ body }) => JSON.parse(body))
  assert.deepEqual(users(each), ['sms|1', 'sms|2', 'sms|3'])
})

test('filters choose by category, and what they leave out does not hold up the rest', async () => {
  const made = await streaming({
    filters: [
      { type: 'category', name: 'auth.login.success' },
      { type: 'category', name: 'other' },
    ],
  })
  const { webhook } = made
  const noise = Array.from({ length: 250 }, (): LogEntry => ({ type: 'f', user_id: 'no' }))
  await write(made, ...noise, { type: 's', user_id: 'sms|1' }, { type: 'wn', user_id: 'sms|2' })

  await send(made)

  const records = linesOf(webhook)
  assert.deepEqual(
    records.map(({ data }) => data.user_id),
    ['sms|1', 'sms|2'],
  )
})

test('personal data are masked or hashed before they leave', async () => {
  const entry: LogEntry = {
    type: 's',
    user_id: 'sms|1',
    user_name: 'ada',
    details: { body: { email: 'ada@example.test', given_name: 'Ada', phone_number: 'XXXX0137' } },
  }
  const deliver = async (pii_config: object) => {
    const made = await streaming({ pii_config })
    await write(made, entry)
    await send(made)
    return made
  }
  const masked = await deliver({ log_fields: ['email', 'username'] })
  const hashed = await deliver({ log_fields: ['phone'], method: 'hash', algorithm: 'xxhash' })
  const of = ({ webhook }: Made) =>
    linesOf(webhook).find(({ data }) => data.user_id === 'sms|1')?.data

  assert.deepEqual(
    [of(masked).user_name, of(masked).details.body],
    ['*****', { email: '*****', given_name: 'Ada', phone_number: 'XXXX0137' }],
  )
  assert.equal(of(hashed).user_name, 'ada')
  assert.match(of(hashed).details.body.phone_number, /^[0-9a-f]{16}$/)
})

test('a stream begins where it is told, and pauses without losing anything', async () => {
  const webhook = await startWebhook()
  after(() => webhook.close())
  const open = await testServer({ egressAllow: [webhook.address] })
  await write({ server: open }, { type: 's', user_id: 'sms|1' })
  open.clock.advance(60_000)
  await write({ server: open }, { type: 's', user_id: 'sms|2' })
  const startFrom = new Date(open.clock.now() - 1000).toISOString()
  const { body } = await open.manage('POST', '/log-streams', {
    type: 'http',
    sink: { httpEndpoint: webhook.url },
    startFrom,
  })
  const made = { server: open }

  await send(made)
  assert.deepEqual(users(linesOf(webhook)), ['sms|2'])
  await open.manage('PATCH', `/log-streams/${body.id}`, { status: 'paused' })
  await write(made, { type: 's', user_id: 'sms|3' })
  await send(made)
  assert.deepEqual(users(linesOf(webhook)), ['sms|2'])
  await open.manage('PATCH', `/log-streams/${body.id}`, { status: 'active' })
  await send(made)
  assert.deepEqual(users(linesOf(webhook)), ['sms|2', 'sms|3'])
})

test('after a week of failures a stream is suspended, and goes on when it is made active', async () => {
  const made = await streaming()
  const { server, webhook, id } = made
  const { deps, tenants } = server.app
  const tenant = await tenants.byId(server.tenant.name)
  assert.ok(tenant !== undefined)
  webhook.respond(() => 500)
  await write(made, { type: 's', user_id: 'sms|1' })
  const status = async () => (await getLogStream(deps, tenant, id)).status
  for (let day = 0; day < 7; day += 1) {
    await send(made)
    server.clock.advance(86_400_000)
  }
  assert.equal(await status(), 'active')
  await send(made)
  assert.equal(await status(), 'suspended')
  webhook.respond(() => 200)
  server.clock.advance(86_400_000)
  await send(made)
  assert.equal(webhook.taken.length, 0)

  await patchLogStream(deps, tenant, id, { status: 'active' })
  await send(made)

  assert.equal(await status(), 'active')
  assert.deepEqual(users(linesOf(webhook)), ['sms|1'])
})

test('a receiver says itself when it wants to be asked again', async () => {
  const made = await streaming()
  const { server, webhook } = made
  webhook.respond(() => ({ status: 429, retryAfter: '120' }))
  await write(made, { type: 's' })
  await send(made)
  server.clock.advance(100_000)
  await send(made)
  assert.equal(webhook.refused.length, 1)
  server.clock.advance(21_000)
  await send(made)
  assert.equal(webhook.refused.length, 2)
})

test('an address that is not allowed is never asked', async () => {
  const made = await streaming({}, { egressAllow: [] })
  await write(made, { type: 's' })

  await send(made)

  assert.deepEqual([made.webhook.taken, made.webhook.refused], [[], []])
})

test('a stream of one tenant gets nothing of another', async () => {
  const database = await openMigrated('pglite')
  const made = await streaming({}, { database })
  const other = await testServer({ database, clock: made.server.clock })
  await write({ server: other }, { type: 's', user_id: 'sms|theirs' })
  await write(made, { type: 's', user_id: 'sms|mine' })

  await send(made)

  assert.deepEqual(users(linesOf(made.webhook)), ['sms|mine'])
})

test('after a restore from a dump, where transactions count from the beginning again, streams go on', async () => {
  const made = await streaming({}, { engine: 'postgres' })
  const { server, webhook } = made
  const { deps } = server.app
  const tenant = server.tenant.name
  await write(made, { type: 's', user_id: 'sms|1' })
  await send(made)
  server.clock.advance(3_600_000)
  await write(made, { type: 's', user_id: 'sms|2' })
  await send(made)
  await write(made, { type: 's', user_id: 'sms|3' })
  // What a dump of a cluster that has seen many more transactions holds.
  await deps.db.run(sql`
    update tenant_logs set written_in = '9000000000' where tenant_id = ${tenant}`)
  await deps.db.run(sql`
    update log_streams set read_xid = '9000000000' where tenant_id = ${tenant}`)
  await deps.db.run(sql`
    insert into stats_progress (tenant_id, counted_to) values (${tenant}, '9000000000')
    on conflict (tenant_id) do update set counted_to = excluded.counted_to`)
  await write(made, { type: 's', user_id: 'sms|4' })
  webhook.taken.splice(0)

  const warnings: object[] = []
  const log = { ...deps.log, warn: (fields: object) => void warnings.push(fields) }
  await reorderLogs({ ...deps, log })
  await reorderLogs({ ...deps, log })
  await send(made)

  assert.deepEqual(warnings, [{ tenant }], 'put in order once')
  // The last ten minutes before the dump come once more.
  assert.deepEqual(users(linesOf(webhook)), ['sms|2', 'sms|3', 'sms|4'])
})

test('a receiver that never answers holds up nothing but itself', async () => {
  const database = await openMigrated('postgres')
  const slow = await streaming({}, { database })
  const fast = await streaming({}, { database, clock: slow.server.clock })
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const { deps } = slow.server.app
  const { tenantFetch } = deps
  deps.tenantFetch = async (url, request) => {
    if (url !== slow.webhook.url) return fast.server.app.deps.tenantFetch(url, request)
    await held
    return tenantFetch(url, request)
  }
  await write(slow, { type: 's', user_id: 'sms|1' })
  await write(fast, { type: 's', user_id: 'sms|2' })

  await slow.server.app.logStreams.send()
  while (fast.webhook.taken.length === 0) await new Promise(setImmediate)
  assert.equal(slow.webhook.taken.length, 0)
  release()
  await slow.server.settle()

  assert.deepEqual(users(linesOf(slow.webhook)), ['sms|1'])
})
