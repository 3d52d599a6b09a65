import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestServer, testServer } from '../../../test/harness.ts'
import { signedToken } from '../../../test/signed-token.ts'

const scope = 'read:phone_providers create:phone_providers'
const token = (server: TestServer, claims: Record<string, unknown> = {}) =>
  signedToken(server, { scope, ...claims })

const providers = '/api/v2/branding/phone/providers'
const twilio = {
  name: 'twilio',
  configuration: { sid: 'AC1', default_from: '+15005550006', delivery_methods: ['text'] },
  credentials: { auth_token: 'secret-token' },
}

const bearer = (value: string) => ({ authorization: `Bearer ${value}` })

test('each way to fail at the door has the exact body that clients compare', async () => {
  const server = await testServer()
  const good = await token(server)
  const now = Math.floor(server.clock.now() / 1000)
  const invalid = {
    statusCode: 401,
    error: 'Unauthorized',
    message: 'Invalid token',
    attributes: { error: 'Invalid token' },
  }
  const expired = 'Expired token received for JSON Web Token validation'
  const badSignature = 'Invalid signature received for JSON Web Token validation'
  const cases: [string, Record<string, string>, unknown][] = [
    [
      'no header',
      {},
      { statusCode: 401, error: 'Unauthorized', message: 'Missing authentication' },
    ],
    [
      'another scheme',
      { authorization: `Basic ${good}` },
      {
        statusCode: 400,
        error: 'Bad Request',
        message: 'Bad HTTP authentication header format',
        errorCode: 'Bearer',
      },
    ],
    ['no token at all', bearer('abc'), invalid],
    [
      'a tampered signature',
      bearer(`${good.slice(0, -8)}AAAAAAAA`),
      {
        statusCode: 401,
        error: 'Unauthorized',
        message: badSignature,
        attributes: { error: badSignature },
      },
    ],
    [
      'an expired one',
      bearer(await token(server, { exp: now - 1 })),
      { statusCode: 401, error: 'Unauthorized', message: expired, attributes: { error: expired } },
    ],
    ['another audience', bearer(await token(server, { aud: 'https://api.example' })), invalid],
    ['another issuer', bearer(await token(server, { iss: 'https://other/' })), invalid],
    ['a person', bearer(await token(server, { sub: 'sms|0123' })), invalid],
    ['a client that is gone', bearer(await token(server, { sub: 'gone@clients' })), invalid],
    [
      'the wrong scope',
      bearer(await token(server, { scope: 'read:clients' })),
      {
        statusCode: 403,
        error: 'Forbidden',
        message: 'Insufficient scope, expected any of: read:phone_providers',
        errorCode: 'insufficient_scope',
      },
    ],
  ]
  for (const [what, headers, body] of cases) {
    const reply = await server.get(providers, headers)
    assert.deepEqual(reply.body, body, what)
    assert.equal(reply.status, (body as { statusCode: number }).statusCode, what)
    assert.equal(reply.headers['content-type'], 'application/json; charset=utf-8', what)
  }
  assert.equal((await server.get(providers, bearer(good))).status, 200)
})

test('a token that was good once is refused after its end', async () => {
  const server = await testServer()
  const headers = bearer(await token(server))
  assert.equal((await server.get(providers, headers)).status, 200)

  server.clock.advance(3600_000)

  assert.match((await server.get(providers, headers)).body.message, /^Expired token/)
})

test('an unknown path is 404 without an errorCode, before and after the door', async () => {
  const server = await testServer()
  const body = { statusCode: 404, error: 'Not Found', message: 'Not Found' }

  assert.deepEqual((await server.get('/api/v2/nothing')).body, body)
  assert.deepEqual((await server.manage('GET', '/nothing')).body, body)
})

test('no body makes the server fail: each odd one is 400, 413 or 415', async () => {
  const server = await testServer()
  const json = { 'content-type': 'application/json', ...bearer(await token(server)) }
  const form = { ...json, 'content-type': 'application/x-www-form-urlencoded' }
  const deep = `${'['.repeat(500_000)}`
  const nested = `{"name":"twilio","credentials":${'{"a":'.repeat(60)}1${'}'.repeat(60)}}`
  const cases: [string, string | Buffer, Record<string, string>, number][] = [
    ['broken JSON', '{"name":', json, 400],
    ['an open end of brackets', deep, json, 400],
    ['deep nesting', nested, json, 400],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), json, 400],
    ['NUL', '{"name":"tw\\u0000ilio","credentials":{}}', json, 400],
    ['NUL in an open member', '{"name":"twilio","credentials":{},"x\\u0000":1}', json, 400],
    ['half a surrogate pair', '{"name":"\\ud800","credentials":{}}', json, 400],
    ['__proto__', '{"__proto__":{"name":"twilio"},"credentials":{}}', json, 400],
    ['an infinite number', '{"name":1e999}', json, 400],
    ['null', 'null', json, 400],
    ['nothing', '', json, 400],
    ['a list', '[]', json, 400],
    ['more than 1 MB', JSON.stringify({ name: 'x'.repeat(1_100_000) }), json, 413],
    ['text', 'name=twilio', { ...json, 'content-type': 'text/plain' }, 415],
    ['a form with two shapes', 'name=a&name[b]=c', form, 400],
    ['a form with __proto__', '__proto__[name]=twilio', form, 400],
    ['a form with NUL', 'name=tw%00ilio', form, 400],
  ]
  for (const [what, body, headers, status] of cases) {
    const reply = await server.request('POST', providers, body, headers)
    assert.deepEqual([reply.status, reply.body.statusCode], [status, status], what)
  }
})

test('no path or query makes the server fail', async () => {
  const server = await testServer()
  const headers = bearer(await token(server))
  for (const [path, status] of [
    [`${providers}/%00`, 400],
    [`${providers}/a%2Fb%7Cc`, 404],
    [`${providers}/%zz`, 400],
    [`${providers}?disabled=%00`, 400],
    [`${providers}?disabled=maybe`, 400],
    [`${providers}?disabled=true&disabled=false&unknown=1`, 200],
    [`${providers}?__proto__=1&constructor=2`, 200],
  ] as const) {
    assert.equal((await server.get(path, headers)).status, status, path)
  }
})

test('a failed check says what was expected, where', async () => {
  const server = await testServer()
  const cases: [unknown, string][] = [
    [{ ...twilio, name: undefined }, "'Missing required property: name'"],
    [{ ...twilio, name: 'nexmo' }, "'No enum match for: nexmo' on property name"],
    [
      { ...twilio, disabled: 'yes' },
      "'Expected type boolean but found type string' on property disabled",
    ],
    [
      { ...twilio, configuration: { ...twilio.configuration, colour: 'red' } },
      "'Additional properties not allowed: colour' on property configuration",
    ],
    [
      { ...twilio, configuration: { ...twilio.configuration, delivery_methods: [] } },
      "'Array is too short (0), minimum 1' on property configuration.delivery_methods",
    ],
    [
      { ...twilio, configuration: { ...twilio.configuration, delivery_methods: ['text', 'fax'] } },
      "'No enum match for: fax' on property configuration.delivery_methods.1",
    ],
    [
      { ...twilio, credentials: { auth_token: '' } },
      "'String is too short (0 chars), minimum 1' on property credentials.auth_token",
    ],
  ]
  for (const [body, reason] of cases) {
    const reply = await server.manage('POST', '/branding/phone/providers', body)
    assert.deepEqual(reply.body, {
      statusCode: 400,
      error: 'Bad Request',
      message: `Payload validation error: ${reason}.`,
      errorCode: 'invalid_body',
    })
  }
})

test('a form is as good as JSON', async () => {
  const server = await testServer()
  const form = new URLSearchParams([
    ['name', 'twilio'],
    ['disabled', 'true'],
    ['credentials[auth_token]', 'secret'],
    ['configuration[sid]', 'AC1'],
    ['configuration[mssid]', 'MG1'],
    ['configuration[delivery_methods][]', 'voice'],
    ['configuration[delivery_methods][]', 'text'],
  ])

  const reply = await server.request('POST', providers, form.toString(), {
    'content-type': 'application/x-www-form-urlencoded',
    ...bearer(await token(server)),
  })

  assert.equal(reply.status, 201)
  assert.partialDeepStrictEqual(reply.body, {
    disabled: true,
    configuration: { sid: 'AC1', mssid: 'MG1', delivery_methods: ['voice', 'text'] },
  })
})

test('a write leaves one entry that names it and hides secrets and numbers', async () => {
  const server = await testServer()
  const headers = { ...bearer(await token(server)), 'x-correlation-id': 'run-7' }
  await server.request('POST', providers, twilio, headers)
  await server.request('POST', providers, twilio, headers) // refused, so not logged

  const { body } = await server.manage('GET', '/logs?q=type:sapi')

  assert.equal(body.length, 1)
  assert.partialDeepStrictEqual(body[0], {
    type: 'sapi',
    description: 'Create a phone provider',
    client_id: server.admin.clientId,
    references: { correlation_id: 'run-7' },
    details: {
      request: {
        method: 'post',
        path: providers,
        channel: 'api',
        body: {
          name: 'twilio',
          credentials: '*****',
          configuration: { default_from: 'XXXXXXXX0006' },
        },
        auth: { strategy: 'jwt', credentials: { jti: 'token-1' } },
      },
      response: { statusCode: 201, body: { name: 'twilio' } },
    },
  })
  assert.doesNotMatch(JSON.stringify(body), /secret-token|15005550006/)
})

test("one tenant's token opens nothing at another", async () => {
  const [one, other] = [await testServer(), await testServer()]
  const foreign = bearer(await token(one))

  const reply = await other.get(providers, foreign)

  assert.equal(reply.status, 401)
})
