import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../../../test/harness.ts'
import { managementScopes } from '../../contract/scopes.ts'

const path = '/resource-servers'

test('an API has the recorded defaults, and is found by id and by identifier', async () => {
  const server = await testServer()
  const identifier = 'https://api.example.com/v1/'

  const created = await server.manage('POST', path, { identifier })

  assert.equal(created.status, 201)
  const { id, ...members } = created.body
  assert.match(id, /^[0-9a-f]{24}$/)
  assert.deepEqual(members, {
    identifier,
    allow_offline_access: false,
    skip_consent_for_verifiable_first_party_clients: false,
    subject_type_authorization: {
      user: { policy: 'allow_all' },
      client: { policy: 'require_client_grant' },
    },
    token_lifetime: 86_400,
    token_lifetime_for_web: 7200,
    signing_alg: 'RS256',
  })
  for (const key of [id, encodeURIComponent(identifier)]) {
    assert.deepEqual((await server.manage('GET', `${path}/${key}`)).body, created.body)
  }
})

test('a change answers 200, replaces what it names, and null unsets', async () => {
  const server = await testServer()
  const { body: api } = await server.manage('POST', path, {
    identifier: 'urn:api',
    name: 'API',
    scopes: [{ value: 'b', description: 'B' }, { value: 'a' }],
    consent_policy: 'transactional-authorization-with-mfa',
    token_dialect: 'rfc9068_profile',
  })
  assert.deepEqual(api.scopes, [{ value: 'b', description: 'B' }, { value: 'a' }])

  const patched = await server.manage('PATCH', `${path}/${api.id}`, {
    scopes: [{ value: 'c' }],
    consent_policy: null,
    signing_alg: 'ES256',
    allow_offline_access: true,
  })

  assert.equal(patched.status, 200)
  const { consent_policy: _, ...rest } = api
  assert.deepEqual(patched.body, {
    ...rest,
    scopes: [{ value: 'c' }],
    signing_alg: 'ES256',
    allow_offline_access: true,
  })
})

test('a signing secret is there where it signs, and only there', async () => {
  const server = await testServer()
  const secret = 'a secret of 16 or more'

  const { body: given } = await server.manage('POST', path, {
    identifier: 'urn:given',
    signing_alg: 'HS256',
    signing_secret: secret,
  })
  const { body: other } = await server.manage('POST', path, { identifier: 'urn:other' })
  const { body: drawn } = await server.manage('PATCH', `${path}/${other.id}`, {
    signing_alg: 'HS256',
  })

  assert.equal(given.signing_secret, secret)
  assert.ok(!('signing_secret' in other))
  assert.ok(drawn.signing_secret.length >= 16)
  const { body: asymmetric } = await server.manage('PATCH', `${path}/${given.id}`, {
    signing_alg: 'RS256',
  })
  assert.ok(!('signing_secret' in asymmetric))
})

test('the Management API is listed with every scope and cannot be touched', async () => {
  const server = await testServer()

  const { body: list } = await server.manage('GET', path)

  const [system] = list
  assert.partialDeepStrictEqual(system, {
    name: 'Auth0 Management API',
    identifier: `${server.tenant.url}/api/v2/`,
    is_system: true,
    signing_alg: 'RS256',
    token_lifetime: 86_400,
  })
  assert.deepEqual(
    system.scopes.map(({ value }: { value: string }) => value),
    managementScopes,
  )
  const own = `${path}/${system.id}`
  const patched = await server.manage('PATCH', own, { name: 'mine' })
  const deleted = await server.manage('DELETE', own)
  assert.equal(patched.body.message, 'System resource servers cannot be patched.')
  assert.equal(deleted.body.message, 'System resource servers cannot be deleted.')
  assert.deepEqual([patched.status, deleted.status], [400, 400])
})

test('lists page and narrow by identifiers', async () => {
  const server = await testServer()
  for (const identifier of ['urn:a', 'urn:b', 'urn:c']) {
    await server.manage('POST', path, { identifier })
  }
  const identifiers = (list: { identifier: string }[]) =>
    list.map(({ identifier }) => identifier).sort()

  const named = await server.manage('GET', `${path}?identifiers=urn:a&identifiers=urn:c`)
  const totals = await server.manage('GET', `${path}?page=1&per_page=3&include_totals=true`)

  assert.deepEqual(identifiers(named.body), ['urn:a', 'urn:c'])
  assert.equal(totals.body.resource_servers.length, 1)
  assert.partialDeepStrictEqual(totals.body, { start: 3, limit: 3, total: 4 })
})

test('a deleted API takes its grants along', async () => {
  const server = await testServer()
  const { body: api } = await server.manage('POST', path, { identifier: 'urn:gone' })
  await server.manage('POST', '/client-grants', { client_id: 'demo', audience: 'urn:gone' })

  const deleted = await server.manage('DELETE', `${path}/${api.id}`)

  assert.deepEqual([deleted.status, deleted.text], [204, ''])
  assert.deepEqual((await server.manage('GET', '/client-grants?audience=urn:gone')).body, [])
  const gone = await server.manage('GET', `${path}/${api.id}`)
  assert.deepEqual(gone.body, {
    statusCode: 404,
    error: 'Not Found',
    message: 'The resource server does not exist',
    errorCode: 'inexistent_resource_server',
  })
  assert.equal((await server.manage('PATCH', `${path}/${api.id}`, { name: 'x' })).status, 404)
  assert.equal((await server.manage('DELETE', `${path}/${api.id}`)).status, 204)
})

for (const [what, body, status, message] of [
  ['no identifier', {}, 400, /Missing required property: identifier/],
  ['a taken identifier', { identifier: 'urn:taken' }, 409, /same identifier already exists/],
  ['a short secret', { identifier: 'urn:x', signing_secret: 'short' }, 400, /too short/],
  ['a long life', { identifier: 'urn:x', token_lifetime: 2_592_001 }, 400, /greater than maximum/],
  ['an unknown member', { identifier: 'urn:x', colour: 1 }, 400, /Additional properties/],
] as const) {
  test(`an API with ${what} is refused`, async () => {
    const server = await testServer()
    await server.manage('POST', path, { identifier: 'urn:taken' })

    const answer = await server.manage('POST', path, body)

    assert.equal(answer.status, status)
    assert.match(answer.body.message, message)
  })
}

test('identifiers that the server answers to itself are reserved', async () => {
  const server = await testServer()

  for (const place of ['/userinfo', '/api/v2/', '/mfa/']) {
    const answer = await server.manage('POST', path, { identifier: server.tenant.url + place })
    assert.deepEqual(
      [answer.status, answer.body.message],
      [400, 'The selected identifier is reserved.'],
    )
  }
})
