import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TokenServer, tokenServer } from '../../../test/token-server.ts'

const audience = 'https://orders.test'
const scopes = [{ value: 'read:orders' }, { value: 'write:orders' }, { value: 'drop:orders' }]

async function serverWithMachine(grant?: object, api: object = {}) {
  const server = await tokenServer()
  const { clientId, secret } = await server.addClient({
    document: { token_endpoint_auth_method: 'client_secret_post' },
  })
  await server.addApi(audience, { scopes, ...api })
  if (grant !== undefined) await server.addClientGrant(clientId, audience, grant)
  const ask = (change: object = {}, headers?: Readonly<Record<string, string>>) =>
    server.token(
      {
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: secret,
        audience,
        ...change,
      },
      headers,
    )
  return { server, clientId, secret, ask }
}

const types = async (server: TokenServer) => (await server.logs()).map(({ type }) => type)

test('a machine gets every scope of its grant, in a token of its own and nothing else', async () => {
  const { server, clientId, ask } = await serverWithMachine({
    scope: ['read:orders', 'write:orders', 'gone:orders'],
  })

  const { status, body } = await ask()

  assert.equal(status, 200)
  const { access_token, ...rest } = body
  assert.deepEqual(rest, {
    scope: 'read:orders write:orders',
    expires_in: 86_400,
    token_type: 'Bearer',
  })
  const { payload } = await server.verify(access_token, audience)
  const iat = server.deps.clock.now() / 1000
  assert.deepEqual(payload, {
    iss: server.issuer,
    sub: `${clientId}@clients`,
    aud: audience,
    iat,
    exp: iat + 86_400,
    scope: 'read:orders write:orders',
    gty: 'client-credentials',
    azp: clientId,
  })
  assert.deepEqual(await types(server), ['seccft'])
})

test('a machine gets no more than it asks for, and never more than its grant', async () => {
  const { ask } = await serverWithMachine({ scope: ['read:orders', 'write:orders'] })

  const { body } = await ask({ scope: 'drop:orders read:orders openid' })

  assert.equal(body.scope, 'read:orders')
})

test('a grant of all scopes is every scope that the API has', async () => {
  const { ask } = await serverWithMachine({ allow_all_scopes: true })

  const { body } = await ask()

  assert.equal(body.scope, 'read:orders write:orders drop:orders')
})

test('a changed grant acts with the next request', async () => {
  const { server, clientId, ask } = await serverWithMachine()
  const before = await ask()

  await server.addClientGrant(clientId, audience, { scope: ['read:orders'] })
  const after = await ask()

  assert.deepEqual([before.status, after.status], [403, 200])
})

for (const [what, api, change, status, error, description] of [
  ['no grant', {}, {}, 403, 'access_denied', `The client has no grant for "${audience}".`],
  ['an unknown API', {}, { audience: 'x' }, 403, 'access_denied', 'Service not found: x'],
  [
    'no audience',
    {},
    { audience: undefined },
    400,
    'invalid_request',
    'Missing required parameter: audience',
  ],
] as const) {
  test(`${what} is refused with ${error} and told as feccft`, async () => {
    const { server, ask } = await serverWithMachine(undefined, api)

    const answer = await ask(change)

    assert.equal(answer.status, status)
    assert.deepEqual(answer.body, { error, error_description: description })
    assert.deepEqual(await types(server), ['feccft'])
  })
}

test('an API closed to machines is closed to one with a grant', async () => {
  const { ask } = await serverWithMachine(
    { scope: ['read:orders'] },
    { subject_type_authorization: { client: { policy: 'deny_all' } } },
  )

  assert.equal((await ask()).status, 403)
})

test('a public client is refused although it lists the grant', async () => {
  const server = await tokenServer()
  const { clientId, secret } = await server.addClient()
  await server.addApi(audience, { scopes })
  await server.addClientGrant(clientId, audience, { allow_all_scopes: true })

  const { status, body } = await server.token({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: secret,
    audience,
  })

  assert.equal(status, 403)
  assert.equal(body.error, 'unauthorized_client')
})

test('permissions stand in the token where the API asks for them', async () => {
  const { server, ask } = await serverWithMachine(
    { scope: ['read:orders'] },
    { enforce_policies: true, token_dialect: 'access_token_authz' },
  )

  const { body } = await ask()

  const { payload } = await server.verify(body.access_token, audience)
  assert.deepEqual(payload.permissions, ['read:orders'])
})
