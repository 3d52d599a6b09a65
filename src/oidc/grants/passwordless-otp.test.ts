import assert from 'node:assert/strict'
import { test } from 'node:test'
import { otpGrant, tokenServer } from '../../../test/token-server.ts'

const number = '+14155550137'
const wrong = {
  error: 'invalid_grant',
  error_description: 'Wrong phone number or verification code.',
}

async function serverWithClient(document: object = {}, options: object = {}) {
  const server = await tokenServer()
  const connection = await server.addConnection({ options })
  const { clientId, secret } = await server.addClient({ document, connections: [connection] })
  return { server, clientId, secret, connection }
}

test('a code without an API buys an ID token, an opaque access token and a refresh token', async () => {
  const { server, clientId } = await serverWithClient()

  const { status, body, headers } = await server.login(clientId)

  assert.equal(status, 200)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers.pragma, 'no-cache')
  assert.deepEqual(Object.keys(body).sort(), [
    'access_token',
    'expires_in',
    'id_token',
    'refresh_token',
    'scope',
    'token_type',
  ])
  assert.equal(body.scope, 'openid profile phone offline_access')
  assert.equal(body.expires_in, 86_400)
  assert.equal(body.token_type, 'Bearer')
  assert.doesNotMatch(body.access_token, /\./)
})

test('the ID token of an SMS user has exactly the claims of its scopes', async () => {
  const { server, clientId } = await serverWithClient()

  const { body } = await server.login(clientId)

  const { payload, protectedHeader } = await server.verify(body.id_token, clientId)
  const { sub, ...claims } = payload
  const now = server.deps.clock.now()
  assert.match(sub ?? '', /^sms\|[0-9a-f]{24}$/)
  assert.deepEqual(claims, {
    name: number,
    nickname: '',
    picture: `https://${server.host}/assets/avatar.svg`,
    updated_at: new Date(now).toISOString(),
    phone_number: number,
    phone_number_verified: true,
    iss: server.issuer,
    aud: clientId,
    iat: now / 1000,
    exp: now / 1000 + 36_000,
  })
  assert.equal(protectedHeader.alg, 'RS256')
  assert.equal(protectedHeader.typ, 'JWT')
  assert.ok(protectedHeader.kid)
})

test('without the scope phone there is no phone claim', async () => {
  const { server, clientId } = await serverWithClient()

  const { body } = await server.login(clientId, { scope: 'openid profile email' })

  const { payload } = await server.verify(body.id_token, clientId)
  assert.equal(payload.phone_number, undefined)
  assert.equal(payload.name, number)
  assert.equal('email' in payload, false)
})

test('a token for an API names the API and userinfo, and grants what the API has', async () => {
  const { server, clientId } = await serverWithClient()
  const api = await server.addApi('https://orders.test', {
    scopes: [{ value: 'read:orders' }],
    token_lifetime: 600,
    allow_offline_access: true,
  })

  const { body } = await server.login(clientId, {
    audience: api,
    scope: 'openid read:orders write:orders offline_access',
  })

  assert.equal(body.scope, 'openid read:orders offline_access')
  assert.equal(body.expires_in, 600)
  const { payload, protectedHeader } = await server.verify(body.access_token, api)
  const { sub, ...claims } = payload
  const iat = server.deps.clock.now() / 1000
  assert.match(sub ?? '', /^sms\|/)
  assert.deepEqual(claims, {
    iss: server.issuer,
    aud: [api, `${server.issuer}userinfo`],
    iat,
    exp: iat + 600,
    scope: 'openid read:orders offline_access',
    azp: clientId,
  })
  assert.equal(protectedHeader.typ, 'JWT')
})

test('without openid the audience is one text and there is no ID token', async () => {
  const { server, clientId } = await serverWithClient()
  const api = await server.addApi('any words', { scopes: [{ value: 'a' }] })

  const { body } = await server.login(clientId, { audience: api, scope: 'a' })

  assert.equal(body.id_token, undefined)
  assert.equal((await server.verify(body.access_token, api)).payload.aud, api)
})

for (const [what, document, audience] of [
  ['an API without offline access', {}, 'https://offline.test'],
  ['a client without the refresh grant', { grant_types: [otpGrant] }, undefined],
] as const) {
  test(`${what} gets no refresh token, and offline_access is not granted`, async () => {
    const { server, clientId } = await serverWithClient(document)
    if (audience !== undefined) await server.addApi(audience)

    const { body } = await server.login(clientId, { ...(audience && { audience }) })

    assert.equal(body.refresh_token, undefined)
    assert.equal(body.scope, 'openid profile phone')
  })
}

test('the default audience stands in where none is named, and userinfo means none', async () => {
  const { server, clientId } = await serverWithClient()
  await server.addApi('default-api')
  await server.changeSettings({ default_audience: 'default-api' })

  const byDefault = await server.login(clientId, { scope: 'openid' })
  const userinfo = await server.login(clientId, {
    scope: 'openid',
    audience: `${server.issuer}userinfo`,
  })

  await server.verify(byDefault.body.access_token, 'default-api')
  assert.doesNotMatch(userinfo.body.access_token, /\./)
})

for (const alg of ['ES256', 'HS256'] as const) {
  test(`a client and an API may ask for ${alg}`, async () => {
    const { server, clientId, secret } = await serverWithClient({ jwt_configuration: { alg } })
    const apiSecret = 'a secret of sixteen characters'
    const api = await server.addApi('https://alg.test', { signing_alg: alg }, apiSecret)

    const { body } = await server.login(clientId, { audience: api, scope: 'openid' })

    const { jwtVerify } = await import('jose')
    const currentDate = new Date(server.deps.clock.now())
    const [id, access] =
      alg === 'ES256'
        ? await Promise.all([
            server.verify(body.id_token, clientId),
            server.verify(body.access_token, api),
          ])
        : await Promise.all([
            jwtVerify(body.id_token, Buffer.from(secret), { currentDate }),
            jwtVerify(body.access_token, Buffer.from(apiSecret), { currentDate }),
          ])
    assert.equal(id.protectedHeader.alg, alg)
    assert.equal(access.protectedHeader.alg, alg)
    assert.equal(access.payload.aud, api)
  })
}

test('the RFC 9068 dialect has its own header and claims', async () => {
  const { server, clientId } = await serverWithClient()
  const api = await server.addApi('https://9068.test', { token_dialect: 'rfc9068_profile' })

  const { body } = await server.login(clientId, { audience: api, scope: 'openid' })

  const { payload, protectedHeader } = await server.verify(body.access_token, api)
  assert.equal(protectedHeader.typ, 'at+jwt')
  assert.equal(payload.client_id, clientId)
  assert.ok(payload.jti)
  assert.equal(payload.azp, undefined)
})

for (const missing of ['username', 'otp', 'realm']) {
  test(`a request without ${missing} is told so, and no guess is spent`, async () => {
    const { server, clientId } = await serverWithClient()
    const otp = await server.sendCode(number)
    const request: Record<string, string> = {
      grant_type: otpGrant,
      client_id: clientId,
      username: number,
      otp,
      realm: 'sms',
    }
    const { [missing]: _, ...incomplete } = request

    const { status, body } = await server.token(incomplete)

    assert.equal(status, 400)
    assert.deepEqual(body, {
      error: 'invalid_request',
      error_description: `Missing required parameter: ${missing}`,
    })
    assert.equal((await server.token(request)).status, 200)
  })
}

test('a wrong, a used and an expired code, an unknown number and no number answer alike', async () => {
  const { server, clientId } = await serverWithClient()
  const otp = await server.sendCode(number)
  const exchange = (change: object) =>
    server.token({
      grant_type: otpGrant,
      client_id: clientId,
      username: number,
      otp,
      realm: 'sms',
      ...change,
    })

  const answers = [
    await exchange({ otp: '000000' }),
    await exchange({ username: '+14155550138' }),
    await exchange({ username: 'nobody' }),
    await exchange({ otp: '1'.repeat(5000) }),
  ]
  assert.equal((await exchange({})).status, 200)
  answers.push(await exchange({}))
  const second = await server.sendCode(number, '654321')
  server.advance(180_000)
  answers.push(await exchange({ otp: second }))

  for (const { status, body } of answers) {
    assert.equal(status, 403)
    assert.deepEqual(body, wrong)
  }
})

test('a number may be spelt as people do', async () => {
  const { server, clientId } = await serverWithClient()
  const otp = await server.sendCode(number)

  const { status } = await server.token({
    grant_type: otpGrant,
    client_id: clientId,
    username: '+1 (415) 555-0137',
    otp,
    realm: 'sms',
  })

  assert.equal(status, 200)
})

test('a number without guesses is told so with 429, the right code too', async () => {
  const { server, clientId } = await serverWithClient()
  const exchange = (otp: string) =>
    server.token({ grant_type: otpGrant, client_id: clientId, username: number, otp, realm: 'sms' })
  for (let round = 0; round < 4; round += 1) {
    await server.sendCode(number)
    for (let guess = 0; guess < 3; guess += 1) await exchange('000000')
  }
  const otp = await server.sendCode(number)

  const { status, body, headers } = await exchange(otp)

  assert.equal(status, 429)
  assert.equal(body.error, 'too_many_attempts')
  assert.equal(headers['retry-after'], '360')
})

test('a blocked user gets no tokens', async () => {
  const { server, clientId } = await serverWithClient()
  await server.login(clientId)
  const { sql } = await import('../../store/sql.ts')
  await server.db.run(sql`update users set blocked = true where tenant_id = ${server.name}`)

  const { status, body } = await server.login(clientId)

  assert.equal(status, 403)
  assert.deepEqual(body, { error: 'unauthorized', error_description: 'user is blocked' })
})

test('realms that cannot be used are named, and no guess is spent', async () => {
  const { server, clientId } = await serverWithClient()
  await server.addConnection({ name: 'other' })
  await server.addConnection({ name: 'email', strategy: 'email' })

  const [unknown, disabled, email] = [
    await server.login(clientId, { realm: 'nowhere' }),
    await server.login(clientId, { realm: 'other' }),
    await server.login(clientId, { realm: 'email' }),
  ]

  assert.deepEqual(
    [unknown, disabled, email].map(({ status, body }) => [status, body.error_description]),
    [
      [400, 'Connection does not exist'],
      [400, 'Connection is disabled'],
      [400, 'The strategy of the connection is not passwordless'],
    ],
  )
})

test('an unknown API is refused before the code is spent', async () => {
  const { server, clientId } = await serverWithClient()

  const refused = await server.login(clientId, { audience: 'https://nobody.test' })

  assert.equal(refused.status, 403)
  assert.deepEqual(refused.body, {
    error: 'access_denied',
    error_description: 'Service not found: https://nobody.test',
  })
  const again = await server.token({
    grant_type: otpGrant,
    client_id: clientId,
    username: number,
    otp: '123456',
    realm: 'sms',
  })
  assert.equal(again.status, 200)
})

test('an API closed to persons is refused, one that wants a grant gives what the grant has', async () => {
  const { server, clientId } = await serverWithClient()
  const scopes = [{ value: 'a' }, { value: 'b' }]
  await server.addApi('closed', {
    scopes,
    subject_type_authorization: { user: { policy: 'deny_all' } },
  })
  await server.addApi('granted', {
    scopes,
    subject_type_authorization: { user: { policy: 'require_client_grant' } },
  })

  const closed = await server.login(clientId, { audience: 'closed' })
  const before = await server.login(clientId, { audience: 'granted' })
  await server.addClientGrant(clientId, 'granted', { scope: ['b'] }, 'user')
  const after = await server.login(clientId, { audience: 'granted', scope: 'openid a b' })

  assert.deepEqual([closed.status, before.status], [403, 403])
  assert.equal(after.body.scope, 'openid b')
})

test('one code at the same time 10 times makes one login', async () => {
  const { server, clientId } = await serverWithClient()
  const otp = await server.sendCode(number)

  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      server.token({
        grant_type: otpGrant,
        client_id: clientId,
        username: number,
        otp,
        realm: 'sms',
      }),
    ),
  )

  assert.deepEqual(answers.map(({ status }) => status).sort(), [
    200,
    ...Array.from({ length: 9 }, () => 403),
  ])
})

test('a first login is told as ss and s, a wrong code as fepotpft alone, and never with the code', async () => {
  const { server, clientId } = await serverWithClient()
  await server.login(clientId)
  await server.login(clientId, { otp: '000000' })

  const logs = await server.logs()

  assert.deepEqual(logs.map(({ type }) => type).sort(), ['fepotpft', 's', 'ss'])
  assert.doesNotMatch(JSON.stringify(logs), /123456|\+?14155550137/)
})
