import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestServer, testServer } from '../../../test/harness.ts'

const path = '/client-grants'
const audience = 'urn:api'

async function serverWithApi(): Promise<TestServer> {
  const server = await testServer()
  await server.manage('POST', '/resource-servers', {
    identifier: audience,
    scopes: [{ value: 'read:a' }, { value: 'read:b' }],
  })
  return server
}

test('a grant is made, shown, changed and taken away', async () => {
  const server = await serverWithApi()

  const created = await server.manage('POST', path, {
    client_id: 'demo',
    audience,
    scope: ['read:b', 'read:a'],
  })

  assert.equal(created.status, 201)
  const { id, ...members } = created.body
  assert.match(id, /^cgr_[A-Za-z0-9]{16}$/)
  assert.deepEqual(members, {
    client_id: 'demo',
    audience,
    scope: ['read:b', 'read:a'],
    subject_type: 'client',
  })
  assert.deepEqual((await server.manage('GET', `${path}/${id}`)).body, created.body)
  const patched = await server.manage('PATCH', `${path}/${id}`, {
    scope: null,
    allow_all_scopes: true,
    organization_usage: null,
  })
  assert.deepEqual(
    [patched.status, patched.body],
    [200, { ...created.body, scope: [], allow_all_scopes: true }],
  )
  assert.equal((await server.manage('DELETE', `${path}/${id}`)).status, 204)
  assert.equal((await server.manage('DELETE', `${path}/${id}`)).status, 204)
  const gone = await server.manage('GET', `${path}/${id}`)
  assert.deepEqual([gone.status, gone.body.message], [404, 'The grant does not exist.'])
  assert.equal((await server.manage('PATCH', `${path}/${id}`, { scope: [] })).status, 404)
})

test('a client has one grant for an API and kind of subject, however many ask at once', async () => {
  const server = await serverWithApi()
  const grant = { client_id: 'demo', audience, scope: [] }

  const answers = await Promise.all([1, 2, 3].map(() => server.manage('POST', path, grant)))
  const forUsers = await server.manage('POST', path, { ...grant, subject_type: 'user' })

  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409])
  assert.equal(
    answers.find(({ status }) => status === 409)?.body.message,
    'A resource server with the same identifier already exists.',
  )
  assert.equal(forUsers.status, 201)
})

test('lists narrow and page, and take wins', async () => {
  const server = await serverWithApi()
  await server.manage('POST', path, { client_id: 'demo', audience })
  await server.manage('POST', path, { client_id: 'demo', audience, subject_type: 'user' })

  const all = await server.manage('GET', `${path}?include_totals=true`)
  const users = await server.manage('GET', `${path}?client_id=demo&subject_type=user`)
  const first = await server.manage(
    'GET',
    `${path}?audience=${audience}&take=1&include_totals=true`,
  )
  const rest = await server.manage(
    'GET',
    `${path}?audience=${audience}&take=1&from=${first.body.next}`,
  )

  assert.equal(all.body.total, 3)
  assert.equal(users.body.length, 1)
  assert.deepEqual(Object.keys(first.body), ['client_grants', 'next'])
  assert.deepEqual(Object.keys(rest.body), ['client_grants'])
  assert.deepEqual((await server.manage('GET', `${path}?allow_any_organization=true`)).body, [])
})

test('a deleted client takes its grants along', async () => {
  const server = await serverWithApi()
  const { body: client } = await server.manage('POST', '/clients', { name: 'app' })
  await server.manage('POST', path, { client_id: client.client_id, audience })

  await server.manage('DELETE', `/clients/${client.client_id}`)

  assert.deepEqual((await server.manage('GET', `${path}?audience=${audience}`)).body, [])
})

for (const [what, grant, status, message] of [
  ['an unknown client', { client_id: 'nobody', audience }, 404, /^Client not found$/],
  ['an unknown API', { client_id: 'demo', audience: 'urn:no' }, 404, /^Resource server not found$/],
  ['no client', { audience }, 400, /Missing required property: client_id/],
  ['an empty scope', { client_id: 'demo', audience, scope: [''] }, 400, /too short/],
  ['an unknown member', { client_id: 'demo', audience, colour: 1 }, 400, /Additional properties/],
] as const) {
  test(`a grant with ${what} is refused`, async () => {
    const server = await serverWithApi()

    const answer = await server.manage('POST', path, grant)

    assert.equal(answer.status, status)
    assert.match(answer.body.message, message)
  })
}
