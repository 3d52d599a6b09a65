import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { createEmptyDatabase, createTestDatabase } from './postgres-cluster.ts'
import { freePort } from './process.ts'
import {
  adminGrant,
  printedClient,
  runTrunkline,
  spawnTrunkline,
  startTrunkline,
} from './trunkline.ts'

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-cli-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Nothing but one line on standard error. */
function assertOneLine(
  ended: { code: number | null; stdout: string; stderr: string },
  says: RegExp,
) {
  assert.match(ended.stderr, /^[^\n]+\n$/)
  assert.match(ended.stderr, says)
  assert.equal(ended.stdout.split('\n').filter((line) => line !== '' && !isJson(line)).length, 0)
  assert.equal(ended.code, 1)
}

const isJson = (line: string): boolean => line.startsWith('{') && line.endsWith('}')

test('an embedded installation outlives kill -9, is for one process, and tells its secret once', async (t) => {
  const folder = await folderOf(t)
  const env = { TRUNKLINE_DATA_DIR: folder, TRUNKLINE_LOG_LEVEL: 'debug' }
  const first = await startTrunkline(env)
  t.after(() => first.child.kill('SIGKILL'))
  await first.printed('client_secret')
  const origin = `http://localhost:${first.port}`
  for (const path of ['/demo', '/inbox', '/api/v2/']) {
    assert.ok(first.output.stdout.includes(`${origin}${path}\n`), path)
  }
  const client = printedClient(first.output.stdout)
  const { body: granted } = await first.request('POST', '/oauth/token', {
    body: adminGrant(client, origin),
  })
  const headers = { authorization: `Bearer ${granted.access_token}` }
  const started = await first.request('POST', '/passwordless/start', {
    body: { client_id: 'demo', connection: 'sms', phone_number: '+14155550137', send: 'code' },
  })
  assert.equal(started.status, 200)
  const inbox = '/api/v2/phone/inbox?recipient=%2B14155550137&wait=5'
  const before = await first.request('GET', inbox, { headers })
  assert.equal(before.body.messages.length, 1)

  assertOneLine(
    await runTrunkline(['start'], { ...env, TRUNKLINE_PORT: String(await freePort()) }),
    /another process uses the database folder/,
  )

  first.child.kill('SIGKILL')
  await first.ended
  const second = await startTrunkline({ ...env, TRUNKLINE_PORT: String(first.port) })
  t.after(() => second.child.kill('SIGKILL'))

  assert.doesNotMatch(second.output.stdout, /client_secret/)
  // The token of the first process opens the second: keys survive.
  const after = await second.request('GET', inbox, { headers })
  assert.deepEqual(after.body, before.body)
  const { code } = await second.stop()
  assert.equal(code, 0)
  for (const { output } of [first, second]) {
    const lines = output.stdout.split('\n').filter(isJson)
    const messages = lines.map((line) => JSON.parse(line).msg)
    assert.ok(messages.includes('listening') && messages.includes('ready'))
    assert.ok(messages.includes('request'))
    assert.ok(!lines.some((line) => line.includes('4155550137') || line.includes('wait=')))
    assert.equal(output.stderr, '')
  }
  assert.match(second.output.stdout, /"msg":"stopped"}\n$/)
})

for (const [says, env] of [
  [/^TRUNKLINE_SECRET_KEY is required in production/, { NODE_ENV: 'production' }],
  [/^TRUNKLINE_PORT must be/, { TRUNKLINE_PORT: 'http' }],
  [/^TRUNKLINE_DATABASE_URL must/, { TRUNKLINE_DATABASE_URL: 'mysql://root:secret@db/x' }],
  [/^TRUNKLINE_TLS: cannot read/, { TRUNKLINE_TLS: 'no.pem:no-key.pem' }],
] as const) {
  test(`a start with ${JSON.stringify(env)} says one line and touches nothing`, async (t) => {
    const folder = join(await folderOf(t), 'data')

    const ended = await runTrunkline(['start'], { TRUNKLINE_DATA_DIR: folder, ...env })

    assertOneLine(ended, says)
    assert.equal(ended.stdout, '')
    await assert.rejects(readFile(join(folder, 'secret.key')), { code: 'ENOENT' })
  })
}

test('a database that does not answer, and a port that is taken, are told in one line', async (t) => {
  const folder = await folderOf(t)
  const closed = `postgres://nobody:pass-word@127.0.0.1:${await freePort()}/none`
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const address = taken.address()
  assert.ok(address !== null && typeof address === 'object')
  const database = await createEmptyDatabase()
  t.after(database.drop)

  const unreachable = await runTrunkline(['start'], {
    TRUNKLINE_DATA_DIR: folder,
    TRUNKLINE_PORT: String(await freePort()),
    TRUNKLINE_DATABASE_URL: closed,
  })
  const inUse = await runTrunkline(['start'], {
    TRUNKLINE_DATA_DIR: folder,
    TRUNKLINE_PORT: String(address.port),
    TRUNKLINE_DATABASE_URL: database.url,
  })

  assertOneLine(
    unreachable,
    /^TRUNKLINE_DATABASE_URL: the database does not answer: .*ECONNREFUSED/,
  )
  assert.doesNotMatch(unreachable.stderr + unreachable.stdout, /pass-word/)
  assertOneLine(
    inUse,
    new RegExp(`^TRUNKLINE_HOST and TRUNKLINE_PORT: .*:${address.port} is in use`),
  )
})

test('words that are no command show the usage; help that was asked for is no failure', async () => {
  const [unknown, none, help, inherited, keys] = await Promise.all([
    runTrunkline(['begin']),
    runTrunkline([]),
    runTrunkline(['--help']),
    runTrunkline(['constructor']),
    runTrunkline(['keys', 'rotate', '--all']),
  ])

  assert.match(unknown.stderr, /^Unknown command begin\.\n\nUsage: trunkline COMMAND/)
  assert.match(none.stderr, /^Usage: /)
  assert.match(help.stdout, /^Usage: /)
  assert.match(inherited.stderr, /^Unknown command constructor\./)
  assert.match(keys.stderr, /^keys takes "rotate" or "rotate --signing"\.\n\nUsage: /)
  const codes = [unknown, none, help, inherited, keys].map(({ code }) => code)
  assert.deepEqual(codes, [2, 2, 0, 2, 2])
})

test('before the database is migrated it lives, is not ready, and can be stopped', async (t) => {
  const database = await createEmptyDatabase()
  t.after(database.drop)
  const other = new pg.Client({ connectionString: database.url })
  await other.connect()
  // What another node of a newer version holds while it migrates.
  await other.query('begin')
  await other.query('select pg_advisory_xact_lock(8786554)')
  const env = { TRUNKLINE_DATA_DIR: await folderOf(t), TRUNKLINE_DATABASE_URL: database.url }
  const impatient = await spawnTrunkline(env)
  const server = await spawnTrunkline(env)
  t.after(() => server.child.kill('SIGKILL'))
  await Promise.all([impatient.printed('"listening"'), server.printed('"listening"')])

  assert.equal((await server.request('GET', '/livez')).status, 200)
  const early = await server.request('GET', '/readyz')
  assert.equal(early.status, 503)
  assert.deepEqual(early.body, {
    ready: false,
    checks: { database: true, migrations: false, draining: false },
  })
  assert.equal((await server.request('GET', '/.well-known/jwks.json')).status, 503)
  assert.equal((await impatient.stop()).code, 0)

  await other.query('rollback')
  await other.end()
  await server.printed('client_secret')
  const ready = await server.request('GET', '/readyz')
  assert.equal(ready.status, 200)
  // Measured behind the start, so it may not be there yet.
  const { actions_isolation: level = 'weak', ...checks } = ready.body.checks
  assert.match(String(level), /^(?:weak|medium|strong|false)$/)
  assert.deepEqual(
    { ...ready.body, checks },
    {
      ready: true,
      checks: { database: true, migrations: true, draining: false },
    },
  )
  const metrics = (await server.request('GET', '/metrics')).body
  for (const series of [
    'trunkline_http_request_duration_seconds_bucket{le="0.005",method="GET",route="/livez",status="200"}',
    'trunkline_messages_total',
    'trunkline_message_acceptance_seconds',
    'trunkline_queue_depth 0',
    'trunkline_database_connections{state="idle"}',
  ]) {
    assert.ok(metrics.includes(series), `${series} in ${metrics}`)
  }
  assert.equal((await server.stop()).code, 0)
})

test('a certificate of its own is trusted by the authority that it names, also after a restart', async (t) => {
  const folder = await folderOf(t)
  const database = await createTestDatabase()
  t.after(database.drop)
  const env = { TRUNKLINE_DATA_DIR: folder, TRUNKLINE_DATABASE_URL: database.url }
  const first = await startTrunkline({ ...env, TRUNKLINE_TLS: 'self-signed' })
  t.after(() => first.child.kill('SIGKILL'))
  const file = join(folder, 'tls', 'ca.pem')
  assert.ok(first.output.stdout.includes(`NODE_EXTRA_CA_CERTS=${file}\n`))
  const ca = await readFile(file, 'utf8')
  const discovery = await first.request('GET', '/.well-known/openid-configuration', { ca })
  assert.equal(discovery.body.issuer, `https://localhost:${first.port}/`)
  await first.stop()

  const pair = `${folder}/tls/cert.pem:${folder}/tls/key.pem`
  const [again, named, wrong] = await Promise.all([
    startTrunkline({ ...env, TRUNKLINE_TLS: 'self-signed' }),
    // Reachable from outside, so without an inbox unless it was asked for.
    startTrunkline({ ...env, TRUNKLINE_TLS: pair, TRUNKLINE_HOST: '0.0.0.0' }),
    runTrunkline(['start'], { ...env, TRUNKLINE_TLS: `${file}:${folder}/tls/key.pem` }),
  ])
  t.after(() => again.child.kill('SIGKILL'))
  t.after(() => named.child.kill('SIGKILL'))

  assert.equal((await again.request('GET', '/livez', { ca })).status, 200)
  assert.equal((await named.request('GET', '/livez', { ca })).status, 200)
  assertOneLine(wrong, /^TRUNKLINE_TLS: .*ca\.pem and .*key\.pem: /)
  assert.equal((await again.request('GET', '/inbox', { ca })).status, 200)
  assert.match(
    named.output.stdout,
    /Inbox off: TRUNKLINE_HOST 0\.0\.0\.0 is not a loopback address/,
  )
  assert.equal((await named.request('GET', '/inbox', { ca })).status, 404)
  assert.deepEqual(
    (await Promise.all([again.stop(), named.stop()])).map(({ code }) => code),
    [0, 0],
  )
})
