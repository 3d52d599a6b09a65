import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../../../test/harness.ts'
import { managerWith } from '../../../test/scoped-token.ts'

const notFound = {
  statusCode: 404,
  error: 'Not Found',
  message: 'The client does not exist',
  errorCode: 'inexistent_client',
}

test('a bare client has the members of the recorded reply and no other', async () => {
  const server = await testServer()

  const created = await server.manage('POST', '/clients', { name: 'bare' })

  assert.equal(created.status, 201)
  const { client_id, client_secret, signing_keys, ...members } = created.body
  assert.match(client_id, /^[A-Za-z0-9]{32}$/)
  assert.match(client_secret, /^[A-Za-z0-9_-]{64}$/)
  assert.match(signing_keys[0].cert, /^-----BEGIN CERTIFICATE-----\n/)
  assert.deepEqual(members, {
    name: 'bare',
    is_first_party: true,
    is_token_endpoint_ip_header_trusted: false,
    oidc_conformant: false,
    jwt_configuration: { lifetime_in_seconds: 36_000, secret_encoded: false },
    sso_disabled: false,
    cross_origin_authentication: false,
    grant_types: ['authorization_code', 'implicit', 'refresh_token', 'client_credentials'],
    custom_login_page_on: true,
    refresh_token: {
      rotation_type: 'non-rotating',
      expiration_type: 'non-expiring',
      leeway: 0,
      token_lifetime: 2_592_000,
      infinite_token_lifetime: true,
      idle_token_lifetime: 1_296_000,
      infinite_idle_token_lifetime: true,
    },
  })
  const read = await server.manage('GET', `/clients/${client_id}`)
  assert.deepEqual(read.body, {
    ...created.body,
    tenant: server.tenant.name,
    global: false,
    callback_url_template: false,
    cross_origin_auth: false,
  })
})

test('a change replaces arrays and objects, merges client_metadata, and null unsets', async () => {
  const server = await testServer()
  const { body: client } = await server.manage('POST', '/clients', {
    name: 'app',
    app_type: 'spa',
    callbacks: ['https://b.test', 'https://a.test'],
    client_metadata: { a: '1', b: '2' },
    logo_uri: 'https://logo.test/x.png',
    token_endpoint_auth_method: 'none',
    mobile: { ios: { team_id: 't' } },
  })
  assert.deepEqual(client.callbacks, ['https://b.test', 'https://a.test'])

  const patched = await server.manage('PATCH', `/clients/${client.client_id}`, {
    callbacks: ['https://c.test'],
    client_metadata: { a: null, c: '3' },
    jwt_configuration: { alg: 'ES256' },
    refresh_token: null,
    logo_uri: null,
    token_endpoint_auth_method: null,
    mobile: {},
  })

  assert.equal(patched.status, 200)
  assert.deepEqual(patched.body.callbacks, ['https://c.test'])
  assert.deepEqual(patched.body.client_metadata, { b: '2', c: '3' })
  assert.deepEqual(patched.body.jwt_configuration, {
    lifetime_in_seconds: 36_000,
    secret_encoded: false,
    alg: 'ES256',
  })
  assert.deepEqual(patched.body.mobile, {})
  for (const member of ['refresh_token', 'logo_uri', 'token_endpoint_auth_method']) {
    assert.ok(!(member in patched.body), member)
  }
  assert.equal(patched.body.app_type, 'spa')
})

test('lists have the shape that their paging asks for, and take or from wins', async () => {
  const server = await testServer()
  for (const name of ['a', 'b', 'c']) await server.manage('POST', '/clients', { name })
  const names = (clients: { name: string }[]) => clients.map(({ name }) => name)

  const bare = await server.manage('GET', '/clients')
  const totals = await server.manage('GET', '/clients?page=1&per_page=2&include_totals=true')
  const beyond = await server.manage('GET', '/clients?page=9&per_page=50&include_totals=true')
  const first = await server.manage('GET', '/clients?take=4&include_totals=true&page=0')
  const second = await server.manage('GET', `/clients?take=4&from=${first.body.next}`)

  assert.equal(bare.body.length, 6)
  assert.equal(totals.body.clients.length, 2)
  assert.partialDeepStrictEqual(totals.body, { start: 2, limit: 2, total: 6 })
  assert.deepEqual(beyond.body, { start: 450, limit: 50, clients: [], total: 6 })
  assert.deepEqual(Object.keys(first.body), ['clients', 'next'])
  assert.deepEqual(Object.keys(second.body), ['clients'])
  assert.deepEqual([...names(first.body.clients), ...names(second.body.clients)], names(bare.body))
  const broken = await server.manage('GET', '/clients?from=nonsense')
  assert.deepEqual([broken.status, broken.body.errorCode], [400, 'invalid_query_string'])
})

test('the global client is found by its filter only, and can be changed but not deleted', async () => {
  const server = await testServer()

  const { body: global } = await server.manage('GET', '/clients?is_global=true')
  const { body: others } = await server.manage('GET', '/clients?is_global=false')

  assert.deepEqual(
    global.map(({ name, global }: { name: string; global: boolean }) => [name, global]),
    [['All Applications', true]],
  )
  assert.ok(others.every((client: { global: boolean }) => !client.global))
  const path = `/clients/${global[0].client_id}`
  const patched = await server.manage('PATCH', path, { custom_login_page: '<html></html>' })
  assert.equal(patched.body.custom_login_page, '<html></html>')
  const refused = await server.manage('DELETE', path)
  assert.deepEqual(
    [refused.status, refused.body.message],
    [400, 'Global client cannot be deleted.'],
  )
})

test('filters and fields narrow a list', async () => {
  const server = await testServer()
  await server.manage('POST', '/clients', { name: 'web', app_type: 'regular_web' })
  await server.manage('POST', '/clients', { name: 'native', app_type: 'native' })

  const { body } = await server.manage('GET', '/clients?app_type=native,regular_web&fields=name')
  const third = await server.manage('GET', '/clients?is_first_party=false')

  const kinds = body.map(({ name }: { name: string }) => name).sort()
  assert.deepEqual(kinds, ['native', 'web'])
  assert.deepEqual(Object.keys(body[0]), ['tenant', 'name'])
  assert.deepEqual(third.body, [])
})

test('a new secret is the only one that counts', async () => {
  const server = await testServer()
  const { body: client } = await server.manage('POST', '/clients', { name: 'app' })

  const rotated = await server.manage('POST', `/clients/${client.client_id}/rotate-secret`)

  assert.equal(rotated.status, 200)
  assert.notEqual(rotated.body.client_secret, client.client_secret)
  const read = await server.manage('GET', `/clients/${client.client_id}`)
  assert.equal(read.body.client_secret, rotated.body.client_secret)
  const chosen = 'a-secret-that-the-caller-has-chosen'
  await server.manage('PATCH', `/clients/${client.client_id}`, { client_secret: chosen })
  const again = await server.manage('GET', `/clients/${client.client_id}`)
  assert.equal(again.body.client_secret, chosen)
})

test('secrets are shown to tokens that may read keys only, and summaries to those for summaries', async () => {
  const server = await testServer()
  const reader = await managerWith(server, ['read:clients', 'create:clients'])
  const overview = await managerWith(server, ['read:client_summary'])

  const { body: created } = await reader('POST', '/clients', { name: 'app', description: 'd' })
  const read = await reader('GET', `/clients/${created.client_id}`)
  const summary = await overview('GET', `/clients/${created.client_id}`)

  for (const shown of [created, read.body]) {
    assert.ok(!('client_secret' in shown) && !('signing_keys' in shown))
  }
  assert.deepEqual(summary.body, {
    client_id: created.client_id,
    tenant: server.tenant.name,
    name: 'app',
    is_first_party: true,
    description: 'd',
    global: false,
  })
  const refused = await overview('POST', '/clients', { name: 'x' })
  assert.equal(refused.body.message, 'Insufficient scope, expected any of: create:clients')
})

test('a new client may use every connection, unless the flag is off', async () => {
  const server = await testServer()
  const connectionsOf = async () => {
    const { body: client } = await server.manage('POST', '/clients', { name: 'app' })
    const { body } = await server.manage('GET', `/clients/${client.client_id}/connections`)
    return body.connections.map(({ name }: { name: string }) => name)
  }

  const on = await connectionsOf()
  await server.manage('PATCH', '/tenants/settings', { flags: { enable_client_connections: false } })
  const off = await connectionsOf()

  assert.deepEqual([on, off], [['sms'], []])
})

test('a client that is gone is not found, and deleting it again is no error', async () => {
  const server = await testServer()
  const { body: client } = await server.manage('POST', '/clients', { name: 'app' })
  const path = `/clients/${client.client_id}`

  assert.equal((await server.manage('DELETE', path)).status, 204)
  assert.equal((await server.manage('DELETE', path)).status, 204)
  for (const [method, suffix, body] of [
    ['GET', '', undefined],
    ['PATCH', '', { name: 'x' }],
    ['POST', '/rotate-secret', undefined],
    ['GET', '/connections', undefined],
    ['GET', '/credentials', undefined],
  ] as const) {
    assert.deepEqual((await server.manage(method, path + suffix, body)).body, notFound)
  }
})

for (const [what, body] of [
  ['no name', {}],
  ['a name with a bracket', { name: '<b>' }],
  ['an unknown member', { name: 'a', nonsense: 1 }],
  ['an unknown kind', { name: 'a', app_type: 'toaster' }],
  ['a wrong algorithm', { name: 'a', jwt_configuration: { alg: 'none' } }],
  ['half of refresh_token', { name: 'a', refresh_token: { leeway: 3 } }],
  [
    'too much metadata',
    {
      name: 'a',
      client_metadata: Object.fromEntries('abcdefghijk'.split('').map((key) => [key, '1'])),
    },
  ],
  ['metadata that is no text', { name: 'a', client_metadata: { a: 1 } }],
  ['a list', []],
  ['nothing', null],
] as const) {
  test(`a client with ${what} is refused`, async () => {
    const server = await testServer()

    const { status, body: error } = await server.manage('POST', '/clients', body)

    assert.deepEqual([status, error.errorCode], [400, 'invalid_body'])
  })
}
