import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Background } from '../base/background.ts'
import { InFlight } from '../base/in-flight.ts'
import { silentLogger } from '../base/logger.ts'
import { noMetrics } from '../base/metrics.ts'
import { systemRandom } from '../base/random.ts'
import { createSecretBox } from '../base/secret-box.ts'
import { Sequence } from '../base/sequence.ts'
import { managementScopes } from '../contract/scopes.ts'
import type { Database } from '../store/db.ts'
import { migrate } from '../store/migrations.ts'
import { openPglite } from '../store/pglite.ts'
import { createTenant, seedFirstTenant } from './create-tenant.ts'
import type { Deps } from './deps.ts'
import { Tenants } from './tenant.ts'

let db: Database
before(async () => {
  db = await openPglite('memory', { log: silentLogger, checkRows: true })
  await migrate(db)
})
after(() => db.close())

/** What two processes share is the database and the master key. */
const masterKey = systemRandom().bytes(32)
const nodeDeps = (): Deps => ({
  db,
  clock: { now: () => 1_764_000_000_000 },
  random: systemRandom(),
  sequence: new Sequence(),
  background: new Background(silentLogger),
  log: silentLogger,
  metrics: noMetrics,
  fetch: () => Promise.reject(new Error('nothing is fetched here')),
  tenantFetch: () => Promise.reject(new Error('nothing is fetched here')),
  secretBox: createSecretBox([masterKey]),
  deliveries: new InFlight(),
  nodeId: 'node',
  options: {
    production: false,
    inbox: true,
    callbacks: false,
    twilioUrl: 'http://127.0.0.1:9',
    leaseMs: 25_000,
    maxDeliveries: 4,
    legacyPhone: 'allow',
  },
  draining: new AbortController().signal,
})

test('a new tenant has keys, the Management API and an administrator with every scope, and nothing else', async () => {
  const deps = nodeDeps()

  const created = await createTenant(deps, { name: 'acme', url: 'https://Login.Acme.test:8443/' })

  const tenant = await new Tenants(deps).byHost('login.acme.test:8443')
  assert.ok(tenant)
  assert.equal(tenant.url, 'https://login.acme.test:8443')
  assert.equal(tenant.settings.phone_consolidated_experience, true)
  assert.deepEqual(tenant.connections, [])
  assert.equal(tenant.hashKey.length, 32)
  assert.deepEqual(tenant.signingKeys.map(({ alg, state }) => `${alg} ${state}`).sort(), [
    'ES256 current',
    'ES256 next',
    'RS256 current',
    'RS256 next',
  ])
  const admin = await tenant.client(created.clientId)
  assert.equal(admin?.secret, created.clientSecret)
  assert.deepEqual(admin?.document.grant_types, ['client_credentials'])
  const api = await tenant.resourceServer('https://login.acme.test:8443/api/v2/')
  assert.ok(api)
  assert.equal(api.isSystem, true)
  assert.deepEqual(
    (api.document.scopes as { value: string }[]).map(({ value }) => value),
    managementScopes,
  )
  assert.equal(await tenant.client('demo'), undefined)
})

test('the credentials of the administrator can be given', async () => {
  const created = await createTenant(nodeDeps(), {
    name: 'given',
    url: 'https://given.test',
    adminClientId: 'my-admin',
    adminClientSecret: 'my-secret-of-more-than-enough-length',
  })

  assert.deepEqual(created, {
    tenantId: 'given',
    clientId: 'my-admin',
    clientSecret: 'my-secret-of-more-than-enough-length',
  })
})

for (const [what, name, url] of [
  ['a name', 'taken', 'https://other.test'],
  ['an address', 'other', 'https://taken.test'],
] as const) {
  test(`${what} belongs to one tenant only`, async () => {
    const deps = nodeDeps()
    await seedFirstTenant(deps, { name: 'taken', url: 'https://taken.test' })

    await assert.rejects(createTenant(deps, { name, url }), /exists already/)
  })
}

for (const url of [
  'login.acme.test',
  'ftp://acme.test',
  'https://acme.test/login',
  'https://a.test?b',
]) {
  test(`${url} is no address of a tenant`, async () => {
    await assert.rejects(createTenant(nodeDeps(), { name: 'x', url }), /must be an origin/)
  })
}

test('two processes that start at once make one first tenant, with the demo on its connection', async () => {
  const first = nodeDeps()
  const second = nodeDeps()

  const made = await Promise.all(
    [first, second].map((deps) =>
      seedFirstTenant(deps, { name: 'default', url: 'http://localhost:3000' }),
    ),
  )

  assert.equal(made.filter((created) => created !== undefined).length, 1)
  assert.equal(
    await seedFirstTenant(first, { name: 'default', url: 'http://localhost:3000' }),
    undefined,
  )
  const tenant = await new Tenants(first).byHost('localhost:3000')
  const demo = await tenant?.client('demo')
  assert.deepEqual(
    tenant?.connections.map(({ name, strategy, id }) => [
      name,
      strategy,
      demo?.connectionIds.has(id),
    ]),
    [['sms', 'sms', true]],
  )
  assert.deepEqual(demo?.document.callbacks, ['http://localhost:3000/demo'])
  assert.equal(demo?.document.token_endpoint_auth_method, 'none')
})
