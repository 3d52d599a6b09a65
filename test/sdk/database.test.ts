import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthApiError, AuthenticationClient } from 'auth0/legacy'
import { refusal, sdkTrial, throughInjection } from './management.ts'

const trial = sdkTrial('connections')
const password = 'Correct-Horse-1'

test('a database, a person of it and its sign-in by password through the official package', async () => {
  const { sdk, server } = await trial.open()
  const app = await sdk.clients.create({
    name: 'Shop',
    app_type: 'regular_web',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['password', 'http://auth0.com/oauth/grant-type/password-realm', 'refresh_token'],
  })
  const connection = await sdk.connections.create({
    name: 'people',
    strategy: 'auth0',
    options: {
      attributes: {
        email: { identifier: { active: true }, signup: { status: 'optional' } },
        phone_number: {
          identifier: { active: true },
          profile_required: true,
          signup: { status: 'required', verification: { active: true } },
        },
      },
      passwordPolicy: 'fair',
    },
  })
  await sdk.connections.clients.update(connection.id ?? '', [
    { client_id: app.client_id ?? '', status: true },
  ])
  await sdk.tenants.settings.update({ default_directory: 'people' })

  const user = await sdk.users.create({
    connection: 'people',
    email: 'ada@example.com',
    phone_number: '+14155550137',
    phone_verified: true,
    password,
  })
  const byEmail = await sdk.users.listUsersByEmail({ email: 'ada@example.com' })
  assert.deepEqual(byEmail, [user])
  assert.deepEqual(await sdk.users.get(user.user_id ?? ''), user)
  assert.deepEqual(
    await refusal(sdk.users.create({ connection: 'people', phone_number: '+14155550138' })),
    {
      statusCode: 400,
      error: 'Bad Request',
      message: "Payload validation error: 'Missing required property: password'.",
      errorCode: 'invalid_body',
    },
  )

  const authentication = new AuthenticationClient({
    domain: server.tenant.host,
    clientId: app.client_id ?? '',
    clientSecret: app.client_secret ?? '',
    fetch: throughInjection(server),
  })
  // Without an ID token, for which the package would ask for keys over a socket.
  const byNumber = await authentication.oauth.passwordGrant({
    username: '+14155550137',
    password,
    realm: 'people',
    scope: 'phone offline_access',
  })
  const byDefault = await authentication.oauth.passwordGrant({
    username: 'ada@example.com',
    password,
    scope: 'email',
  })
  assert.equal(typeof byNumber.data.refresh_token, 'string')
  assert.partialDeepStrictEqual(byDefault.data, { token_type: 'Bearer', scope: 'email' })

  const next = `${password}2`
  const changed = await sdk.users.update(user.user_id ?? '', { password: next })
  assert.match(String(changed.last_password_reset), /^[0-9]{4}-/)
  await assert.rejects(
    authentication.oauth.passwordGrant({ username: 'ada@example.com', password }),
    (error: unknown) => {
      assert.ok(error instanceof AuthApiError)
      assert.deepEqual(
        [error.statusCode, error.error, error.error_description],
        [403, 'invalid_grant', 'Wrong email or password.'],
      )
      return true
    },
  )
  const again = { username: 'ada@example.com', password: next, scope: 'email' }
  assert.ok((await authentication.oauth.passwordGrant(again)).data.access_token)

  await sdk.connections.users.deleteByEmail(connection.id ?? '', { email: 'ada@example.com' })
  assert.deepEqual(await sdk.users.listUsersByEmail({ email: 'ada@example.com' }), [])
})
