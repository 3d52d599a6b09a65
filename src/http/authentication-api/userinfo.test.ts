import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenServer } from '../../../test/token-server.ts'
import { sql } from '../../store/sql.ts'

async function signedIn(scope = 'openid profile phone', audience?: string, api: object = {}) {
  const server = await tokenServer()
  const connection = await server.addConnection()
  const { clientId } = await server.addClient({
    document: { web_origins: ['https://app.test'] },
    connections: [connection],
  })
  if (audience !== undefined) {
    await server.addApi(audience, api, 'a secret of sixteen characters')
  }
  const { body } = await server.login(clientId, {
    scope,
    ...(audience !== undefined && { audience }),
  })
  const ask = (token: string = body.access_token, headers = {}, method: 'GET' | 'POST' = 'GET') =>
    server.inject(method, '/userinfo', undefined, { authorization: `Bearer ${token}`, ...headers })
  return { server, clientId, tokens: body, ask }
}

for (const audience of [undefined, 'api']) {
  test(`a token ${audience === undefined ? 'without an API' : 'for an API'} opens the claims of its scopes`, async () => {
    const { server, tokens, ask } = await signedIn('openid profile phone', audience)

    for (const method of ['GET', 'POST'] as const) {
      const { status, body, headers } = await ask(tokens.access_token, {}, method)
      assert.equal(status, 200)
      const { payload } = await server.verify(tokens.id_token, body.aud ?? (await clientOf(tokens)))
      const { iss: _iss, aud: _aud, iat: _iat, exp: _exp, ...claims } = payload
      assert.deepEqual(body, claims)
      assert.equal(headers['cache-control'], 'no-store')
    }
  })
}

const clientOf = async (tokens: { id_token: string }) =>
  JSON.parse(Buffer.from(tokens.id_token.split('.')[1] ?? '', 'base64url').toString()).aud

test('single-claim scopes open that claim', async () => {
  const { ask } = await signedIn('openid nickname created_at identities')

  const { body } = await ask()

  const { sub, identities, ...rest } = body
  assert.deepEqual(identities, [
    { provider: 'sms', user_id: sub.slice(4), connection: 'sms', isSocial: false },
  ])
  assert.equal(rest.nickname, '')
  assert.deepEqual(Object.keys(rest).sort(), ['created_at', 'nickname'])
})

test('what is no token of this tenant for this endpoint is 401 with a challenge', async () => {
  const { server, tokens } = await signedIn('openid')
  const stranger = await signedIn('openid', 'api')
  const es256 = await signedIn('openid', 'api', { signing_alg: 'ES256' })
  const hs256 = await signedIn('openid', 'api', { signing_alg: 'HS256' })
  const tampered = `${tokens.access_token.slice(0, -2)}AA`
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`

  for (const authorization of [
    'Bearer',
    'Bearer x',
    `Basic ${tokens.access_token}`,
    `Bearer ${tokens.id_token}`,
    `Bearer ${stranger.tokens.access_token}`,
    `Bearer ${tampered}`,
    `Bearer ${unsigned}`,
    `Bearer ${'a'.repeat(8000)}`,
    'Bearer ..',
  ]) {
    const { status, headers, body } = await server.inject('GET', '/userinfo', undefined, {
      authorization,
    })
    assert.equal(status, 401, authorization)
    assert.equal(body.error, 'invalid_token')
    assert.match(String(headers['www-authenticate']), /^Bearer error="invalid_token"/)
  }
  assert.equal((await es256.ask()).status, 401)
  assert.equal((await hs256.ask()).status, 401)
  const without = await server.inject('GET', '/userinfo')
  assert.equal(without.status, 401)
  assert.equal(without.headers['www-authenticate'], 'Bearer')
})

test('a token without openid is 403 insufficient_scope', async () => {
  const { ask } = await signedIn('profile')

  const { status, body, headers } = await ask()

  assert.equal(status, 403)
  assert.equal(body.error, 'insufficient_scope')
  assert.match(String(headers['www-authenticate']), /scope="openid"/)
})

for (const audience of [undefined, 'api']) {
  test(`a token ends to the second (${audience ?? 'opaque'})`, async () => {
    const { server, ask } = await signedIn('openid', audience)
    server.advance(86_399_000)
    const alive = await ask()
    server.advance(1000)

    const over = await ask()

    assert.deepEqual([alive.status, over.status], [200, 401])
  })
}

test('a deleted or blocked person has no claims any more', async () => {
  const { server, ask } = await signedIn()

  await server.db.run(sql`update users set blocked = true where tenant_id = ${server.name}`)
  const blocked = await ask()
  await server.db.run(sql`delete from users where tenant_id = ${server.name}`)
  const deleted = await ask()

  assert.deepEqual([blocked.status, deleted.status], [401, 401])
})

test('pages of the token’s client may read the claims, others may not', async () => {
  const { tokens, ask } = await signedIn()

  const own = await ask(tokens.access_token, { origin: 'https://app.test' })
  const other = await ask(tokens.access_token, { origin: 'https://other.test' })

  assert.equal(own.headers['access-control-allow-origin'], 'https://app.test')
  assert.equal(other.headers['access-control-allow-origin'], undefined)
})
