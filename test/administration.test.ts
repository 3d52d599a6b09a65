import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createTestDatabase } from './postgres-cluster.ts'
import {
  adminGrant,
  printedClient,
  runTrunkline,
  startTrunkline,
  type Trunkline,
} from './trunkline.ts'

const newKey = () => randomBytes(32).toString('base64')

/** Settings of an installation on PostgreSQL, with a database of its own. */
async function installation(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'trunkline-admin-'))
  const database = await createTestDatabase()
  t.after(async () => {
    await database.drop()
    await rm(folder, { recursive: true })
  })
  return { TRUNKLINE_DATA_DIR: folder, TRUNKLINE_DATABASE_URL: database.url }
}

async function start(t: TestContext, env: Record<string, string>): Promise<Trunkline> {
  const server = await startTrunkline(env)
  t.after(() => server.child.kill('SIGKILL'))
  return server
}

test('tenants are made and listed beside a running server, and answer at once', async (t) => {
  const env = { ...(await installation(t)), TRUNKLINE_SECRET_KEY: newKey() }
  const server = await start(t, env)
  const url = 'https://login.acme.example'
  const tenants = (...words: string[]) => runTrunkline(['tenants', ...words], env)

  const made = await tenants('create', 'acme', '--url', `${url}/`)
  const { id, secret } = printedClient(made.stdout)
  const headers = { host: 'login.acme.example' }
  const granted = await server.request('POST', '/oauth/token', {
    body: adminGrant({ id, secret }, url),
    headers,
  })
  const discovery = await server.request('GET', '/.well-known/openid-configuration', { headers })

  assert.equal(
    made.stdout.split('\n')[0],
    `Tenant "acme" answers at ${url}. Its admin client, shown only now:`,
  )
  assert.equal(made.stderr, '')
  assert.equal(granted.status, 200)
  assert.equal(discovery.body.issuer, `${url}/`)
  const listed = await tenants('list')
  assert.match(
    listed.stdout,
    new RegExp(
      `^default  [0-9T:.-]+Z  http://localhost:${server.port}\nacme     [0-9T:.-]+Z  ${url}\n$`,
    ),
  )
  assert.equal(listed.stderr, '')

  const refused = [
    [/^NAME must be/, 1, 'create', 'Acme Inc', '--url', 'https://a.example'],
    [/^--url must be an origin/, 1, 'create', 'b', '--url', 'https://b.example/path'],
    [/^a tenant named acme /, 1, 'create', 'acme', '--url', 'https://c.example'],
    [/^a tenant named d or with the address/, 1, 'create', 'd', '--url', url],
    [/^tenants takes "create NAME --url URL" or "list"\.\n\nUsage/, 2, 'create', 'e'],
    [/--uri/, 2, 'create', 'e', '--uri', 'https://e.example'],
  ] as const
  for (const [says, code, ...words] of refused) {
    const ended = await tenants(...words)
    assert.equal(ended.code, code, words.join(' '))
    assert.match(ended.stderr, says)
    assert.equal(ended.stdout, '')
    if (code === 1) assert.match(ended.stderr, /^[^\n]+\n$/)
  }
  assert.equal((await tenants('list')).stdout, listed.stdout)
  assert.equal((await server.stop()).code, 0)
})

test('the master key is rotated while a server signs in; then the new one alone opens', async (t) => {
  const installed = await installation(t)
  const [former, newer] = [newKey(), newKey()]
  const under = (key: string, more = {}) => ({ ...installed, TRUNKLINE_SECRET_KEY: key, ...more })
  const made = await start(t, under(former))
  await made.printed('client_secret')
  const client = printedClient(made.output.stdout)
  const origin = `http://localhost:${made.port}`
  await made.stop()

  const wrong = await runTrunkline(['start'], under(newer, { TRUNKLINE_PORT: '0' }))
  const wrongCommand = await runTrunkline(
    ['tenants', 'create', 'b', '--url', 'http://b.example'],
    under(newer),
  )
  for (const { code, stderr } of [wrong, wrongCommand]) {
    assert.equal(code, 1)
    assert.match(stderr, /^TRUNKLINE_SECRET_KEY does not open what the database holds: [^\n]+\n$/)
  }

  const server = await start(t, under(`${newer},${former}`, { TRUNKLINE_URL: origin }))
  const grant = () => server.request('POST', '/oauth/token', { body: adminGrant(client, origin) })
  let rotating = true
  const rotation = runTrunkline(['keys', 'rotate'], under(`${newer},${former}`)).finally(() => {
    rotating = false
  })
  do assert.equal((await grant()).status, 200)
  while (rotating)
  const { code, stdout, stderr } = await rotation
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^[1-9][0-9]* value\(s\) sealed anew\./)
  const again = await runTrunkline(['keys', 'rotate'], under(`${newer},${former}`))
  assert.match(again.stdout, /^0 value\(s\) sealed anew\./)
  assert.equal((await grant()).status, 200)
  await server.stop()

  const alone = await start(t, under(newer, { TRUNKLINE_URL: origin }))
  const granted = await alone.request('POST', '/oauth/token', { body: adminGrant(client, origin) })
  assert.equal(granted.status, 200)
  const old = await runTrunkline(['start'], under(former, { TRUNKLINE_PORT: '0' }))
  assert.match(old.stderr, /^TRUNKLINE_SECRET_KEY does not open/)
  assert.equal((await alone.stop()).code, 0)
})

test('signing keys are renewed under a running server: old tokens hold, the next one has the new key', async (t) => {
  const env = { ...(await installation(t)), TRUNKLINE_SECRET_KEY: newKey() }
  const server = await start(t, env)
  await server.printed('client_secret')
  const client = printedClient(server.output.stdout)
  const token = async (): Promise<string> => {
    const body = adminGrant(client, `http://localhost:${server.port}`)
    return (await server.request('POST', '/oauth/token', { body })).body.access_token
  }
  const kidOf = (jwt: string): string =>
    JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid
  const published = async (): Promise<string[]> => {
    const { body } = await server.request('GET', '/.well-known/jwks.json')
    return body.keys.map(({ kid }: { kid: string }) => kid)
  }
  const old = await token()
  const announced = await published()

  const rotated = await runTrunkline(['keys', 'rotate', '--signing'], env)

  assert.equal(rotated.code, 0, rotated.stderr)
  assert.match(rotated.stdout, /^New signing keys for 1 tenant\(s\)/)
  const renewed = await token()
  assert.notEqual(kidOf(renewed), kidOf(old))
  assert.ok(announced.includes(kidOf(renewed)))
  const now = await published()
  assert.ok(now.includes(kidOf(old)) && now.includes(kidOf(renewed)))
  for (const each of [old, renewed]) {
    const headers = { authorization: `Bearer ${each}` }
    assert.equal((await server.request('GET', '/api/v2/clients', { headers })).status, 200)
  }
  assert.equal((await server.stop()).code, 0)
})
