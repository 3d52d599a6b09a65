import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines } from '../../../test/databases.ts'
import { type TestServer, testServer } from '../../../test/harness.ts'
import { type LogEntry, writeTenantLog } from '../../domain/tenant-logs.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
type Entries = any[]

/** Writes entries, each a second after the other, and lets them settle. */
async function write(server: TestServer, ...entries: LogEntry[]): Promise<void> {
  await server.manage('GET', '/logs') // draws the token, which leaves an entry of its own
  for (const entry of entries) {
    server.clock.advance(1000)
    await writeTenantLog(server.app.deps, { id: server.tenant.name }, entry)
  }
  server.clock.advance(2000)
}

const users = (entries: Entries) => entries.map((entry) => entry.user_id)

test('pages run newest first, can be turned round, and reach 1,000 entries', async () => {
  const server = await testServer()
  await write(
    server,
    { type: 's', user_id: 'sms|1' },
    { type: 's', user_id: 'sms|2' },
    { type: 's', user_id: 'sms|3' },
  )

  const first = await server.manage('GET', '/logs?q=type:s&per_page=2')
  const second = await server.manage('GET', '/logs?q=type:s&per_page=2&page=1')
  const beyond = await server.manage('GET', '/logs?q=type:s&per_page=2&page=2')
  const turned = await server.manage('GET', '/logs?q=type:s&sort=date:1')
  const counted = await server.manage(
    'GET',
    '/logs?search=type:s&per_page=2&include_totals=true&fields=user_id',
  )

  const mixed = await server.manage('GET', '/logs?q=type:(s+f+none)&per_page=1&page=1')
  assert.deepEqual(users(mixed.body), ['sms|2'])
  assert.deepEqual(users(first.body), ['sms|3', 'sms|2'])
  assert.deepEqual(users(second.body), ['sms|1'])
  assert.deepEqual(beyond.body, [])
  assert.deepEqual(users(turned.body), ['sms|1', 'sms|2', 'sms|3'])
  assert.deepEqual(counted.body, {
    start: 0,
    limit: 2,
    length: 2,
    total: 3,
    logs: [{ user_id: 'sms|3' }, { user_id: 'sms|2' }],
  })
  assert.equal((await server.manage('GET', '/logs?page=9&per_page=100')).status, 200)
  const unsorted = await server.manage('GET', '/logs?sort=user_name:1')
  assert.deepEqual([unsorted.status, unsorted.body.errorCode], [400, 'invalid_query_string'])
  const tooFar = await server.manage('GET', '/logs?page=10&per_page=100')
  assert.deepEqual([tooFar.status, tooFar.body.errorCode], [400, 'invalid_paging'])
})

test('an entry is read by its id, and by nobody else', async () => {
  const [server, other] = [await testServer(), await testServer()]
  await write(server, { type: 'f', description: 'Wrong code', ip: '192.0.2.1' })
  const { body } = await server.manage('GET', '/logs?q=type:f')
  const [entry] = body

  const single = await server.manage('GET', `/logs/${entry.log_id}`)

  assert.match(entry.log_id, /^90020[0-9]{51}$/)
  assert.deepEqual(single.body, entry)
  assert.equal(entry._id, entry.log_id)
  assert.equal((await other.manage('GET', `/logs/${entry.log_id}`)).status, 404)
  assert.deepEqual((await server.manage('GET', '/logs/9002')).body, {
    statusCode: 404,
    error: 'Not Found',
    message: 'The log does not exist',
    errorCode: 'inexistent_log',
  })
})

for (const engine of engines) {
  test(`on ${engine} searches find what they name and nothing else`, async () => {
    const server = await testServer({ engine })
    const day = new Date(server.clock.now()).toISOString().slice(0, 10)
    await write(
      server,
      { type: 's', user_id: 'sms|1', client_id: 'one', ip: '192.0.2.1', connection: 'sms' },
      { type: 'f', user_id: 'sms|2', client_id: 'two', description: 'The "code" (a.b) is wrong' },
      { type: 'fn', user_id: 'sms|3', client_name: 'My App' },
    )
    const mine = '(type:s OR type:f OR type:fn) AND '
    for (const [search, expected] of [
      ['type:s', ['sms|1']],
      ['type:(s f)', ['sms|2', 'sms|1']],
      ['type:f*', ['sms|3', 'sms|2']],
      ['NOT type:s', ['sms|3', 'sms|2']],
      ['client_id:one', ['sms|1']],
      ['user_id:"sms|2"', ['sms|2']],
      ['ip:192.0.2.*', ['sms|1']],
      ['code', ['sms|2']],
      ['a.b', ['sms|2']],
      ['axb', []],
      ['client_name:"My App"', ['sms|3']],
      ['_exists_:connection', ['sms|1']],
      [`date:[${day} TO *]`, ['sms|3', 'sms|2', 'sms|1']],
      [`date:[${day} TO ${day}]`, ['sms|3', 'sms|2', 'sms|1']],
      [`date:[${day} TO *] AND (type:s OR type:fn OR type:s)`, ['sms|3', 'sms|1']],
      [`date:{2020-01-01 TO 2020-01-02}`, []],
      [`NOT date:[2020-01-01 TO 2020-01-02]`, ['sms|3', 'sms|2', 'sms|1']],
      ['date:[* TO 2020-01-01]', []],
      ['password:x', []],
      ['NOT password:x', ['sms|3', 'sms|2', 'sms|1']],
      ['type:s AND type:f', []],
      ['description:"\\" || exists($)"', []],
    ] as const) {
      const query = encodeURIComponent(`${mine}(${search})`)
      const { body } = await server.manage('GET', `/logs?q=${query}`)
      assert.deepEqual(users(body), expected, search)
    }
    const long = await server.manage('GET', `/logs?q=${'a'.repeat(3001)}`)
    assert.deepEqual([long.status, long.body.error], [414, 'URI Too Long'])
    const broken = await server.manage('GET', '/logs?q=type:(')
    assert.deepEqual([broken.status, broken.body.errorCode], [400, 'invalid_query_string'])
  })
}

test('who goes on from the last id sees every entry once, oldest first', async () => {
  const server = await testServer()
  await write(
    server,
    { type: 's', user_id: 'sms|1' },
    { type: 's', user_id: 'sms|2' },
    { type: 's', user_id: 'sms|3' },
  )
  const [oldest] = (await server.manage('GET', '/logs?q=type:s&sort=date:1')).body

  const page = await server.manage('GET', `/logs?from=${oldest.log_id}&take=1&q=type:none`)
  const link = String(page.headers.link)
  const next = /^<(.+)>; rel="next"$/.exec(link)?.[1] ?? ''
  const rest = await server.manage('GET', next.replace(`${server.tenant.url}/api/v2`, ''))

  assert.deepEqual(users(page.body), ['sms|2'])
  assert.match(next, new RegExp(`^${server.tenant.url}/api/v2/logs\\?from=[0-9]{56}&take=1$`))
  assert.deepEqual(users(rest.body), ['sms|3'])

  const last = rest.body[0].log_id
  const empty = await server.manage('GET', `/logs?from=${last}&take=5`)
  assert.deepEqual(empty.body, [])
  assert.match(String(empty.headers.link), new RegExp(`from=${last}&`))
})

test('an entry that commits after one with a greater id is not passed over', async () => {
  const server = await testServer()
  await write(server, { type: 's', user_id: 'sms|0' })
  const [start] = (await server.manage('GET', '/logs?q=type:s')).body
  const { deps } = server.app
  const tenant = { id: server.tenant.name }
  // The late one has its id already, and commits only while a reader asks.
  const early = { ...deps, clock: { now: () => server.clock.now() - 5 } }
  await writeTenantLog(deps, tenant, { type: 's', user_id: 'sms|2' })

  const reading = server.manage('GET', `/logs?from=${start.log_id}`)
  await writeTenantLog(early, tenant, { type: 's', user_id: 'sms|1' })

  assert.deepEqual(users((await reading).body), ['sms|1', 'sms|2'])
})
