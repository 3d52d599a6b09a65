import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenServer } from '../../../test/token-server.ts'
import { rotateSigningKeys } from '../../domain/signing-keys.ts'

test('discovery names the issuer with its slash and only endpoints that answer', async () => {
  const server = await tokenServer()

  const { status, body, headers } = await server.inject('GET', '/.well-known/openid-configuration')

  assert.equal(status, 200)
  assert.equal(body.issuer, server.issuer)
  assert.equal(headers['access-control-allow-origin'], '*')
  assert.match(String(headers['content-type']), /^application\/json/)
  const endpoints = Object.entries<string>(body).filter(([name]) => /_(endpoint|uri)$/.test(name))
  assert.deepEqual(endpoints.map(([name]) => name).sort(), [
    'authorization_endpoint',
    'end_session_endpoint',
    'jwks_uri',
    'mfa_challenge_endpoint',
    'revocation_endpoint',
    'token_endpoint',
    'userinfo_endpoint',
  ])
  for (const [, address] of endpoints) {
    assert.ok(address.startsWith(server.issuer), address)
    const path = address.slice(server.issuer.length - 1)
    const answers = [await server.inject('GET', path), await server.inject('POST', path, {})]
    assert.ok(
      answers.some(({ status }) => status !== 404 && status !== 405),
      address,
    )
  }
})

test('the issuer comes from the tenant, whatever the request says of its host', async () => {
  const server = await tokenServer()

  const { body } = await server.inject('GET', '/.well-known/openid-configuration', undefined, {
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'http',
  })

  assert.equal(body.issuer, server.issuer)
  assert.equal(JSON.stringify(body).includes('evil'), false)
})

test('both documents are one', async () => {
  const server = await tokenServer()

  const [openid, oauth] = [
    await server.inject('GET', '/.well-known/openid-configuration'),
    await server.inject('GET', '/.well-known/oauth-authorization-server'),
  ]

  assert.deepEqual(oauth.body, openid.body)
})

test('JWKS shows current and next keys and nothing private', async () => {
  const server = await tokenServer()

  const { body, headers } = await server.inject('GET', '/.well-known/jwks.json')

  assert.match(String(headers['cache-control']), /^public, max-age=15/)
  assert.equal(headers['access-control-allow-origin'], '*')
  assert.match(String(headers['content-type']), /^application\/json/)
  assert.equal(body.keys[0].alg, 'RS256')
  const members = body.keys.map((key: object) => Object.keys(key).sort().join())
  assert.deepEqual(members.sort(), [
    'alg,crv,kid,kty,use,x,y',
    'alg,crv,kid,kty,use,x,y',
    'alg,e,kid,kty,n,use',
    'alg,e,kid,kty,n,use',
  ])
  assert.equal(new Set(body.keys.map((key: { kid: string }) => key.kid)).size, 4)
})

test('a key is published before it signs, and after it until its last token has ended', async () => {
  const server = await tokenServer()
  const connection = await server.addConnection()
  const { clientId } = await server.addClient({ connections: [connection] })
  const kids = async () => {
    const { body } = await server.inject('GET', '/.well-known/jwks.json')
    return body.keys.map((key: { kid: string }) => key.kid) as string[]
  }
  const before = await kids()
  const old = await server.login(clientId)

  await rotateSigningKeys(server.deps, server.name)

  const young = await server.login(clientId)
  const { protectedHeader } = await server.verify(young.body.id_token, clientId)
  assert.ok(before.includes(protectedHeader.kid ?? ''))
  await server.verify(old.body.id_token, clientId)
  const between = await kids()
  assert.equal(between.length, 6)
  assert.ok(before.every((kid) => between.includes(kid)))
  server.advance(2_592_000_000)
  assert.equal((await kids()).length, 4)
  await rotateSigningKeys(server.deps, server.name)
  assert.equal((await server.tenant()).signingKeys.length, 6)
})

test('two rotations at once leave one current key of each kind', async () => {
  const server = await tokenServer()

  await Promise.all([
    rotateSigningKeys(server.deps, server.name),
    rotateSigningKeys(server.deps, server.name),
  ])

  const { signingKeys } = await server.tenant()
  const states = signingKeys.map(({ alg, state }) => `${alg} ${state}`).sort()
  assert.deepEqual(states, [
    'ES256 current',
    'ES256 next',
    'ES256 previous',
    'ES256 previous',
    'RS256 current',
    'RS256 next',
    'RS256 previous',
    'RS256 previous',
  ])
})

test('the flag remove_alg_from_jwks does that', async () => {
  const server = await tokenServer({ settings: { flags: { remove_alg_from_jwks: true } } })

  const { body } = await server.inject('GET', '/.well-known/jwks.json')

  assert.ok(body.keys.every((key: object) => !('alg' in key)))
})

test('a preflight of a document that every page may read says so', async () => {
  const server = await tokenServer()

  const { status, headers } = await server.inject('OPTIONS', '/.well-known/jwks.json', undefined, {
    origin: 'https://anywhere.test',
    'access-control-request-method': 'GET',
  })

  assert.equal(status, 204)
  assert.equal(headers['access-control-allow-origin'], '*')
})
