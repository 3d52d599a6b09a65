import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from '../../src/store/sql.ts'
import { refusal, sdkTrial } from './management.ts'

const trial = sdkTrial('users', [
  'users.authenticationMethods',
  'users.authenticators',
  'users.enrollments',
  'users.multifactor',
])

const number = '+14155550137'

test('a user is created, listed, searched, changed and deleted', async () => {
  const { sdk } = await trial.open()
  const { users } = sdk

  const created = await users.create({
    connection: 'sms',
    phone_number: number,
    phone_verified: true,
    email: 'Ada@Example.test',
    user_id: 'ada',
    given_name: 'Ada',
    user_metadata: { theme: 'dark' },
    app_metadata: { plan: 'pro' },
  })
  const id = created.user_id ?? ''
  assert.equal(id, 'sms|ada')
  assert.partialDeepStrictEqual(created, {
    phone_number: number,
    phone_verified: true,
    email: 'ada@example.test',
    name: number,
    given_name: 'Ada',
    identities: [{ user_id: 'ada', provider: 'sms', connection: 'sms', isSocial: false }],
    user_metadata: { theme: 'dark' },
    app_metadata: { plan: 'pro' },
  })
  assert.deepEqual(await users.get(id), created)
  assert.deepEqual(await users.get(id, { fields: 'phone_number' }), { phone_number: number })
  const page = await users.list({ q: `phone_number:"${number}"`, search_engine: 'v3' })
  assert.deepEqual(page.data, [created])
  assert.partialDeepStrictEqual(page.response, { start: 0, limit: 50, length: 1, total: 1 })
  assert.deepEqual(await users.listUsersByEmail({ email: 'ada@example.test' }), [created])
  const changed = await users.update(id, {
    user_metadata: { theme: 'light', size: 2 },
    app_metadata: {},
    blocked: true,
  })
  assert.deepEqual(changed.user_metadata, { theme: 'light', size: 2 })
  assert.deepEqual([changed.app_metadata, changed.blocked], [undefined, true])
  assert.partialDeepStrictEqual(
    await refusal(users.create({ connection: 'sms', phone_number: number })),
    { statusCode: 409, message: 'The user already exists.', errorCode: 'auth0_idp_error' },
  )
  await users.delete(id)
  assert.deepEqual(await refusal(users.get(id)), {
    statusCode: 404,
    error: 'Not Found',
    message: 'The user does not exist.',
    errorCode: 'inexistent_user',
  })
})

test('all users are reached page by page, each once', async () => {
  const { sdk } = await trial.open()
  for (const last of [1, 2, 3, 4, 5]) {
    await sdk.users.create({ connection: 'sms', phone_number: `+1415555010${last}` })
  }

  const found: unknown[] = []
  for await (const { phone_number } of await sdk.users.list({
    per_page: 2,
    sort: 'created_at:1',
  })) {
    found.push(phone_number)
  }

  assert.deepEqual(
    found.sort(),
    [1, 2, 3, 4, 5].map((last) => `+1415555010${last}`),
  )
})

test('what a user did is in the log of the user', async () => {
  const { sdk, server } = await trial.open()
  const start = { client_id: 'demo', connection: 'sms', phone_number: number }
  await server.post('/passwordless/start', start)
  await server.post('/oauth/token', {
    grant_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
    client_id: 'demo',
    username: number,
    otp: await server.newestCode(),
    realm: 'sms',
  })
  const [user] = (await sdk.users.list()).data

  const { data, response } = await sdk.users.logs.list(user?.user_id ?? '', { per_page: 10 })

  assert.deepEqual(new Set(data.map(({ type }) => type)), new Set(['ss', 's']))
  assert.partialDeepStrictEqual(response, { start: 0, limit: 10, total: 2 })
})

test('what a user holds beside the profile is listed and taken away', async () => {
  const { sdk, server } = await trial.open()
  const start = { client_id: 'demo', connection: 'sms', phone_number: number }
  await server.post('/passwordless/start', start)
  await server.post('/oauth/token', {
    grant_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
    client_id: 'demo',
    username: number,
    otp: await server.newestCode(),
    realm: 'sms',
    scope: 'openid offline_access',
  })
  const [user] = (await sdk.users.list()).data
  const id = user?.user_id ?? ''

  const { data: tokens } = await sdk.users.refreshToken.list(id)
  assert.partialDeepStrictEqual(tokens, [{ user_id: id, client_id: 'demo', rotating: true }])
  await sdk.users.refreshToken.delete(id)
  assert.deepEqual((await sdk.users.refreshToken.list(id)).data, [])
  assert.deepEqual((await sdk.users.sessions.list(id)).data, [])
  await sdk.users.sessions.delete(id)
  assert.deepEqual((await sdk.users.roles.list(id)).data, [])
  assert.deepEqual((await sdk.users.permissions.list(id)).data, [])
  assert.deepEqual((await sdk.users.organizations.list(id)).data, [])
})

test('a recovery code is renewed where there is one', async () => {
  const { sdk, server } = await trial.open()
  const user = await sdk.users.create({ connection: 'sms', phone_number: number })
  const id = user.user_id ?? ''

  assert.partialDeepStrictEqual(await refusal(sdk.users.regenerateRecoveryCode(id)), {
    statusCode: 404,
  })
  // As enrolling leaves one.
  await server.app.deps.db.run(sql`
    insert into authentication_methods (tenant_id, id, user_id, type, confirmed, secret_hash, created_at)
    values (${server.tenant.name}, 'dev_1', ${id}, 'recovery-code', true, ${Buffer.alloc(32)}, 1)`)
  const renewed = await sdk.users.regenerateRecoveryCode(id)
  assert.match(renewed.recovery_code ?? '', /^[A-Z0-9]{24}$/)
})

trial.assertComplete()
