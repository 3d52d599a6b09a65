import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestServer, testServer } from '../../../test/harness.ts'
import { mfaTenant } from '../../../test/mfa-tenant.ts'
import { passwordlessOtpGrant } from '../../contract/passwordless.ts'

const realmGrant = 'http://auth0.com/oauth/grant-type/password-realm'
const secret = 'Correct-Horse-1'
const wrong = { error: 'invalid_grant', error_description: 'Wrong email or password.' }
const names = { email: 'ada@example.com', phone_number: '+14155550137', username: 'lovelace' }

const attributes = {
  email: { identifier: { active: true } },
  phone_number: { identifier: { active: true } },
  username: { identifier: { active: true } },
}

/** A database with one person, and the demo client on it. */
async function addPeople(server: TestServer, options: object = { attributes }): Promise<string> {
  await server.manage('PATCH', '/clients/demo', {
    grant_types: ['password', realmGrant, 'refresh_token', passwordlessOtpGrant],
  })
  await server.manage('POST', '/connections', {
    name: 'people',
    strategy: 'auth0',
    options,
    realms: ['people', 'staff'],
    enabled_clients: ['demo'],
  })
  const { body } = await server.manage('POST', '/users', {
    connection: 'people',
    password: secret,
    ...names,
  })
  return body.user_id
}

async function people(options?: object): Promise<TestServer & { userId: string }> {
  const server = await testServer()
  return { ...server, userId: await addPeople(server, options) }
}

const login = (server: TestServer, change: object = {}, headers?: Record<string, string>) =>
  server.post(
    '/oauth/token',
    {
      ...{ grant_type: realmGrant, client_id: 'demo', realm: 'people' },
      ...{ username: names.email, password: secret, scope: 'openid offline_access', ...change },
    },
    headers,
  )

const typesOf = async (server: TestServer): Promise<string[]> =>
  (await server.manage('GET', '/logs?per_page=100')).body
    .map(({ type }: { type: string }) => type)
    .filter((type: string) => !['sapi', 'seccft'].includes(type))
    .reverse()

for (const [name, username] of [...Object.entries(names), ['case', 'ADA@Example.com']] as const) {
  test(`a person signs in by password and ${name}`, async () => {
    const server = await people()

    const { status, body, headers } = await login(server, { username })

    assert.equal(status, 200)
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(body.scope, 'openid offline_access')
    assert.equal(typeof body.refresh_token, 'string')
    const claims = JSON.parse(Buffer.from(body.id_token.split('.')[1], 'base64url').toString())
    assert.equal(claims.sub, server.userId)
    assert.deepEqual(await typesOf(server), ['s', 'sepft'])
    const user = await server.manage('GET', `/users/${encodeURIComponent(server.userId)}`)
    assert.equal(user.body.logins_count, 1)
    const again = await server.post('/oauth/token', {
      ...{ grant_type: 'refresh_token', client_id: 'demo', refresh_token: body.refresh_token },
    })
    assert.equal(again.status, 200)
  })
}

test('the grant password signs in at the default directory, and nowhere without one', async () => {
  const server = await people()
  const body = { grant_type: 'password', realm: undefined }

  const without = await login(server, body)
  await server.manage('PATCH', '/tenants/settings', { default_directory: 'people' })
  const within = await login(server, body)

  assert.deepEqual([without.status, without.body.error], [400, 'invalid_request'])
  assert.match(without.body.error_description, /default connection/)
  assert.equal(within.status, 200)
})

test('a realm is a connection by another name', async () => {
  const server = await people()

  assert.equal((await login(server, { realm: 'staff' })).status, 200)
})

test('a wrong password and an unknown person are refused alike, and told apart in the log', async () => {
  const server = await people()

  const known = await login(server, { password: 'Wrong-Horse-1' })
  const unknown = await login(server, { username: 'nobody@example.com' })
  const number = await login(server, { username: '+14155550138' })

  for (const { status, body } of [known, unknown, number]) {
    assert.equal(status, 403)
    assert.deepEqual(body, wrong)
  }
  assert.deepEqual(await typesOf(server), ['fp', 'fepft', 'fu', 'fepft', 'fu', 'fepft'])
  const logs = await server.manage('GET', '/logs?per_page=100')
  assert.doesNotMatch(logs.text, /Wrong-Horse|Correct-Horse|4155550138/)
})

test('a password in the field of the name stands in no log', async () => {
  const server = await people()

  await login(server, { username: secret, password: names.email })

  const logs = await server.manage('GET', '/logs?per_page=100')
  assert.ok(!logs.text.toLowerCase().includes(secret.toLowerCase()))
})

test('an identifier that the connection does not sign in by is nobody', async () => {
  const server = await people({
    attributes: { ...attributes, phone_number: { identifier: { active: false } } },
  })

  assert.equal((await login(server, { username: names.phone_number })).status, 403)
  assert.equal((await login(server, { username: names.username })).status, 200)
})

test('a blocked person is told so only with the right password', async () => {
  const server = await people()
  await server.manage('PATCH', `/users/${encodeURIComponent(server.userId)}`, { blocked: true })

  const right = await login(server)
  const other = await login(server, { password: 'Wrong-Horse-1' })

  assert.deepEqual([right.status, right.body.error], [403, 'unauthorized'])
  assert.match(right.body.error_description, /user is blocked/)
  assert.deepEqual(other.body, wrong)
})

test('as many wrong passwords as the settings say block an identifier, known or not', async () => {
  const server = await people()
  await server.manage('PATCH', '/attack-protection/brute-force-protection', { max_attempts: 3 })
  for (const username of [names.email, 'nobody@example.com']) {
    const attempts = await Promise.all(
      [1, 2, 3, 4, 5].map(() => login(server, { username, password: 'Wrong-Horse-1' })),
    )

    const statuses = attempts.map(({ status }) => status).sort()
    assert.deepEqual(statuses, [403, 403, 403, 429, 429], username)
    const last = await login(server, { username })
    assert.deepEqual([last.status, last.body.error], [429, 'too_many_attempts'])
    assert.ok(Number(last.headers['retry-after']) > 0)
  }

  const shown = await server.manage('GET', `/user-blocks?identifier=${names.email}`)
  const ofUser = await server.manage('GET', `/user-blocks/${encodeURIComponent(server.userId)}`)
  const lifted = await server.manage('DELETE', `/user-blocks/${encodeURIComponent(server.userId)}`)

  const [block] = shown.body.blocked_for
  assert.partialDeepStrictEqual(block, { identifier: names.email, connection: 'people' })
  assert.match(block.ip, /^(127\.0\.0\.1|::)/)
  assert.deepEqual(ofUser.body, shown.body)
  assert.equal(lifted.status, 204)
  assert.equal((await login(server)).status, 200)
  assert.ok((await typesOf(server)).includes('limit_wc'))
})

test('a right password gives all tries back, and one try comes back with time', async () => {
  const server = await people()
  await server.manage('PATCH', '/attack-protection/brute-force-protection', { max_attempts: 2 })
  const bad = { password: 'Wrong-Horse-1' }

  await login(server, bad)
  assert.equal((await login(server)).status, 200)
  await login(server, bad)
  await login(server, bad)
  assert.equal((await login(server)).status, 429)
  server.clock.advance(361_000)
  assert.equal((await login(server)).status, 200)
})

test('one address does not block another, unless the mode says so', async () => {
  const server = await people()
  const protection = '/attack-protection/brute-force-protection'
  await server.manage('PATCH', protection, { max_attempts: 1, mode: 'count_per_identifier' })
  await login(server, { password: 'Wrong-Horse-1' })

  const { body } = await server.manage('GET', `/user-blocks?identifier=${names.email}`)

  assert.deepEqual(body.blocked_for, [{ identifier: names.email, connection: 'people' }])
})

test('an address that tries many people is blocked for all of them, and one right password is no try', async () => {
  const server = await people()
  await server.manage('PATCH', '/attack-protection/suspicious-ip-throttling', {
    stage: { 'pre-login': { max_attempts: 3, rate: 60_000 } },
  })
  for (let index = 0; index < 5; index += 1) assert.equal((await login(server)).status, 200)
  const answers = []
  for (const name of ['a', 'b', 'c', 'd']) {
    answers.push((await login(server, { username: `${name}@example.com` })).status)
  }
  const right = await login(server)
  const blocked = await server.manage('GET', '/anomaly/blocks/ips/127.0.0.1')
  await server.manage('DELETE', '/anomaly/blocks/ips/127.0.0.1')

  assert.deepEqual(answers, [403, 403, 403, 429])
  assert.equal(right.status, 429)
  assert.equal(blocked.status, 200)
  assert.equal((await login(server)).status, 200)
  assert.ok((await typesOf(server)).includes('limit_mu'))
})

for (const engine of ['pglite', 'postgres'] as const) {
  test(`${engine}: of many passwords at once as many are compared as may be wrong`, async () => {
    const server = await testServer({ engine })
    await addPeople(server)

    const attempts = await Promise.all(
      Array.from({ length: 25 }, (_, index) => login(server, { password: `Wrong-Horse-${index}` })),
    )

    const statuses = attempts.map(({ status }) => status)
    assert.deepEqual(
      [403, 429].map((one) => statuses.filter((status) => status === one).length),
      [10, 15],
    )
    const shown = await server.manage('GET', `/user-blocks?identifier=${names.email}`)
    assert.equal(shown.body.blocked_for.length, 1)
  })
}

test('a login counts for nobody where brute-force protection is off', async () => {
  const server = await people({ attributes, brute_force_protection: false })
  await server.manage('PATCH', '/attack-protection/brute-force-protection', { max_attempts: 1 })

  for (let index = 0; index < 3; index += 1) {
    assert.equal((await login(server, { password: 'Wrong-Horse-1' })).status, 403)
  }
})

for (const [what, change, status, error] of [
  ['no user name', { username: undefined }, 400, 'invalid_request'],
  ['no password', { password: undefined }, 400, 'invalid_request'],
  ['no realm', { realm: undefined }, 400, 'invalid_request'],
  ['an unknown realm', { realm: 'nowhere' }, 400, 'invalid_request'],
  ['an unknown API', { audience: 'https://nowhere.test' }, 403, 'access_denied'],
  ['a password of 1001 letters', { password: 'a'.repeat(1001) }, 403, 'invalid_grant'],
] as const) {
  test(`a login with ${what} is refused`, async () => {
    const server = await people()

    const answer = await login(server, change)

    assert.deepEqual([answer.status, answer.body.error], [status, error])
  })
}

test('a client needs the grant and the connection', async () => {
  const server = await people()
  const [connection] = (await server.manage('GET', '/connections?name=people')).body
  await server.manage('PATCH', `/connections/${connection.id}/clients`, [
    { client_id: 'demo', status: false },
  ])
  const disabled = await login(server)
  await server.manage('PATCH', '/clients/demo', { grant_types: ['password'] })
  const forbidden = await login(server)

  assert.deepEqual(
    [disabled.status, disabled.body.error_description],
    [400, 'Connection is disabled'],
  )
  assert.deepEqual(forbidden.body, {
    error: 'unauthorized_client',
    error_description: `Grant type '${realmGrant}' not allowed for the client.`,
  })
})

test('scopes that were not asked for: all of the API, all of OIDC for openid alone', async () => {
  const server = await people()
  await server.manage('POST', '/resource-servers', {
    identifier: 'https://orders.test',
    scopes: [{ value: 'read:orders' }, { value: 'write:orders' }],
  })
  const scopeOf = async (change: object) => (await login(server, change)).body.scope
  const audience = 'https://orders.test'

  assert.equal(await scopeOf({ scope: undefined, audience }), 'read:orders write:orders')
  assert.equal(await scopeOf({ scope: 'openid read:orders', audience }), 'openid read:orders')
  assert.equal(await scopeOf({ scope: 'openid' }), 'openid profile email phone address')
})

test('the password of a phone connection is a code', async () => {
  const server = await people()
  const phone_number = '+14155550199'
  await server.post('/passwordless/start', {
    ...{ client_id: 'demo', connection: 'sms', phone_number },
  })

  const { status, body } = await login(server, {
    realm: 'sms',
    username: phone_number,
    password: await server.newestCode(),
  })

  assert.equal(status, 200)
  assert.equal(typeof body.id_token, 'string')
})

test('another password ends what was signed in with the former one', async () => {
  const server = await people()
  const { body } = await login(server)
  await server.manage('PATCH', `/users/${encodeURIComponent(server.userId)}`, {
    password: `${secret}2`,
  })

  const former = await login(server)
  const renewed = await server.post('/oauth/token', {
    ...{ grant_type: 'refresh_token', client_id: 'demo', refresh_token: body.refresh_token },
  })
  const now = await login(server, { password: `${secret}2` })

  assert.deepEqual(former.body, wrong)
  assert.equal(renewed.body.error, 'invalid_grant')
  assert.equal(now.status, 200)
})

test('a tenant that asks for a second factor gives no tokens for the password alone', async () => {
  const server = await mfaTenant()
  const userId = await addPeople(server)
  await server.manage('PATCH', '/clients/demo', {
    grant_types: [realmGrant, 'refresh_token', 'http://auth0.com/oauth/grant-type/mfa-otp'],
  })

  const bad = await login(server, { password: 'Wrong-Horse-1' })
  const { status, body } = await login(server)

  assert.deepEqual(bad.body, wrong)
  assert.equal(status, 403)
  assert.partialDeepStrictEqual(body, {
    error: 'mfa_required',
    error_description: 'Multifactor authentication required',
    mfa_requirements: { enroll: [{ type: 'phone' }, { type: 'otp' }] },
  })
  assert.equal(typeof body.mfa_token, 'string')
  const tokens = await server.manage('GET', `/users/${encodeURIComponent(userId)}/refresh-tokens`)
  assert.deepEqual(tokens.body.tokens, [])
  assert.deepEqual((await typesOf(server)).slice(-1), ['mfar'])
})
