import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TokenAnswer, type TokenServer, tokenServer } from '../../../test/token-server.ts'

const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const isOAuthError = ({ body }: TokenAnswer) =>
  assert.deepEqual(Object.keys(body ?? {}), ['error', 'error_description'])

async function machine(server: TokenServer) {
  const { clientId, secret } = await server.addClient({
    document: {
      token_endpoint_auth_method: 'client_secret_post',
      web_origins: ['https://app.test'],
      allowed_origins: ['https://*.wild.test'],
      callbacks: ['https://callback.test/deep/path?x=1', 'com.example.app://callback'],
    },
  })
  await server.addApi('api', { scopes: [{ value: 'a' }, { value: 'b' }, { value: 'c' }] })
  await server.addClientGrant(clientId, 'api', { allow_all_scopes: true })
  return {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: secret,
    audience: 'api',
  }
}

test('JSON and a form with the same values come to the same answer', async () => {
  const server = await tokenServer()
  const request = { ...(await machine(server)), scope: 'a b' }

  const answers = [
    await server.token(request),
    await server.inject('POST', '/oauth/token', new URLSearchParams(request).toString(), form),
    await server.token({ ...request, scope: ['a', 'b'] }),
    await server.token({ ...request, unknown: 'x', redirect_uri: null }),
  ]

  for (const { status, body } of answers) {
    assert.equal(status, 200)
    assert.equal(body.scope, 'a b')
  }
  assert.equal(new Set(answers.map(({ body }) => body.access_token)).size, 1)
})

for (const [what, body, headers, status, error] of [
  ['broken JSON', '{"a":', json, 400, 'invalid_request'],
  ['a JSON array', '[]', json, 400, 'invalid_request'],
  ['a JSON null', 'null', json, 400, 'invalid_request'],
  ['an empty body', '', json, 400, 'invalid_request'],
  ['no body', undefined, {}, 400, 'invalid_request'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), json, 400, 'invalid_request'],
  ['a NUL', '{"grant_type":"a\\u0000b"}', json, 400, 'invalid_request'],
  ['a lone surrogate', '{"grant_type":"\\ud800"}', json, 400, 'invalid_request'],
  ['a NUL in a name', '{"a\\u0000b":"x"}', json, 400, 'invalid_request'],
  ['__proto__', '{"__proto__":{"a":1}}', json, 400, 'invalid_request'],
  [
    'nesting without end',
    `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
    json,
    400,
    'invalid_request',
  ],
  ['a number', '{"grant_type":1}', json, 400, 'invalid_request'],
  ['an object', '{"grant_type":{}}', json, 400, 'invalid_request'],
  ['a list', '{"grant_type":["a"]}', json, 400, 'invalid_request'],
  ['a scope that is no text', '{"scope":1}', json, 400, 'invalid_scope'],
  ['a scope list of other things', '{"scope":[1]}', json, 400, 'invalid_scope'],
  ['a repeated form field', 'grant_type=a&grant_type=b', form, 400, 'invalid_request'],
  ['a form that is no UTF-8', 'grant_type=%ff', form, 400, 'invalid_request'],
  ['a form with a lone percent sign', 'grant_type=%', form, 400, 'invalid_request'],
  ['a form with a NUL', 'grant_type=%00', form, 400, 'invalid_request'],
  ['a form with __proto__', '__proto__=a', form, 400, 'invalid_request'],
  ['64 KiB and one byte', `grant_type=${'a'.repeat(65_536)}`, form, 413, 'invalid_request'],
  ['another content type', 'x', { 'content-type': 'text/plain' }, 415, 'invalid_request'],
  ['no grant type', '{}', json, 400, 'invalid_request'],
  ['an unknown grant type', '{"grant_type":"x"}', json, 400, 'unsupported_grant_type'],
  [
    'an unknown client',
    '{"grant_type":"refresh_token","client_id":"x"}',
    json,
    401,
    'invalid_client',
  ],
] as const) {
  test(`${what} is answered with ${status} ${error} in JSON, whatever is accepted`, async () => {
    const server = await tokenServer()

    const answer = await server.inject('POST', '/oauth/token', body, {
      ...headers,
      accept: 'text/html',
    })

    assert.equal(answer.status, status)
    assert.match(String(answer.headers['content-type']), /^application\/json/)
    assert.equal(answer.headers['cache-control'], 'no-store')
    isOAuthError(answer)
    assert.equal(answer.body.error, error)
  })
}

test('the same bodies at the other endpoints are never a server error', async () => {
  const server = await tokenServer()
  const { clientId } = await server.addClient()
  const bodies = [
    { client_id: clientId, token: '\ud800' },
    { client_id: clientId, token: { a: 1 } },
    { client_id: clientId, token: 'x'.repeat(60_000) },
    { client_id: 'x'.repeat(60_000), token: 'x' },
    { client_id: `${clientId}\u0000`, token: 'x' },
  ]

  for (const url of ['/oauth/revoke', '/passwordless/start', '/userinfo', '/oauth/token']) {
    for (const body of bodies) {
      const { status } = await server.inject('POST', url, JSON.stringify(body), json)
      assert.ok(status < 500, `${url} ${status}`)
    }
  }
})

test('a grant that the client or the server does not have is 403, after the client is known', async () => {
  const server = await tokenServer()
  const request = await machine(server)

  for (const grant_type of ['authorization_code', 'password', 'refresh_token_x']) {
    const { status, body } = await server.token({ ...request, grant_type })
    const known = grant_type !== 'refresh_token_x'
    assert.equal(status, known ? 403 : 400)
    if (known) {
      assert.equal(body.error_description, `Grant type '${grant_type}' not allowed for the client.`)
    }
  }
  const wrong = await server.token({ ...request, client_secret: 'x', grant_type: 'password' })
  assert.equal(wrong.status, 401)
})

test('only a client that used Basic is challenged to use it', async () => {
  const server = await tokenServer()
  const { client_id, ...request } = await machine(server)
  const authorization = `Basic ${Buffer.from(`${client_id}:wrong`).toString('base64')}`

  const byBasic = await server.token(request, { authorization })
  const byBody = await server.token({ ...request, client_id, client_secret: 'wrong' })

  assert.deepEqual([byBasic.status, byBody.status], [401, 401])
  assert.match(String(byBasic.headers['www-authenticate']), /^Basic/)
  assert.equal(byBody.headers['www-authenticate'], undefined)
  assert.deepEqual(byBody.body, { error: 'invalid_client', error_description: 'Unauthorized' })
})

for (const [method, url, allow] of [
  ['GET', '/oauth/token', 'POST, OPTIONS'],
  ['DELETE', '/oauth/revoke', 'POST, OPTIONS'],
  ['PUT', '/userinfo', 'GET, POST, HEAD, OPTIONS'],
  ['POST', '/.well-known/jwks.json', 'GET, HEAD, OPTIONS'],
] as const) {
  test(`${method} ${url} is 405 and names the verbs`, async () => {
    const server = await tokenServer()

    const answer = await server.inject(method, url)

    assert.equal(answer.status, 405)
    assert.equal(answer.body.error, 'method_not_allowed')
    assert.deepEqual(String(answer.headers.allow).split(', ').sort(), allow.split(', ').sort())
  })
}

test('a preflight is answered with 204 for any origin', async () => {
  const server = await tokenServer()

  for (const url of ['/oauth/token', '/passwordless/start', '/userinfo', '/oauth/revoke']) {
    const { status, headers, text } = await server.inject('OPTIONS', url, undefined, {
      origin: 'https://anywhere.test',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'auth0-client',
    })
    assert.equal(status, 204)
    assert.equal(text, '')
    assert.equal(headers['access-control-allow-origin'], 'https://anywhere.test')
    assert.match(String(headers['access-control-allow-headers']), /auth0-client/)
    assert.match(String(headers['access-control-allow-methods']), /POST/)
    assert.equal(headers['access-control-allow-credentials'], undefined)
  }
})

for (const [origin, mayRead] of [
  ['https://app.test', true],
  ['https://one.wild.test', true],
  ['https://callback.test', true],
  ['https://other.test', false],
  ['https://one.two.wild.test', false],
  ['https://app.test.evil.test', false],
  ['http://app.test', false],
] as const) {
  test(`pages of ${origin} ${mayRead ? 'may' : 'may not'} read the client's answers`, async () => {
    const server = await tokenServer()
    const request = await machine(server)

    const good = await server.token(request, { origin })
    const refused = await server.token({ ...request, audience: 'nobody' }, { origin })

    for (const { headers } of [good, refused]) {
      assert.equal(headers['access-control-allow-origin'], mayRead ? origin : undefined)
      assert.equal(headers.vary, 'Origin')
    }
  })
}

test('the address that a proxy names counts only from a client that may name it and proved itself', async () => {
  const server = await tokenServer()
  const request = await machine(server)
  const trusting = await server.addClient({
    document: {
      token_endpoint_auth_method: 'client_secret_post',
      is_token_endpoint_ip_header_trusted: true,
    },
  })
  await server.addClientGrant(trusting.clientId, 'api', { allow_all_scopes: true })
  const headers = { 'auth0-forwarded-for': '203.0.113.7, 10.0.0.1' }

  await server.token(request, headers)
  server.advance(1)
  await server.token(
    { ...request, client_id: trusting.clientId, client_secret: trusting.secret },
    headers,
  )

  const logs = await server.logs()
  assert.deepEqual(
    logs.map(({ entry }) => entry.ip),
    ['127.0.0.1', '203.0.113.7'],
  )
})

test('an unexpected error tells nothing', async () => {
  const errors: unknown[] = []
  const log = {
    debug() {},
    info() {},
    warn() {},
    error(fields: object) {
      errors.push(fields)
    },
  }
  const server = await tokenServer({ log })
  const request = await machine(server)
  const { sql } = await import('../../store/sql.ts')
  await server.db.run(sql`delete from signing_keys where tenant_id = ${server.name}`)

  const { status, body } = await server.token(request)

  assert.equal(status, 500)
  assert.deepEqual(body, { error: 'server_error', error_description: 'Internal server error' })
  assert.equal(errors.length, 1)
})
