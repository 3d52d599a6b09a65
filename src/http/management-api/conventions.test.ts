import assert from 'node:assert/strict'
import { test } from 'node:test'
import { furnish } from '../../../test/furnished-tenant.ts'
import { testServer } from '../../../test/harness.ts'

const number = '+14155550137'

test('operations without a body take none, an empty one, null and an empty object', async () => {
  const server = await testServer()
  const { clientId, templateId, actionId, actionVersionId } = await furnish(server, number)
  const json = { 'content-type': 'application/json' }
  for (const [method, path] of [
    ['PATCH', `/branding/phone/templates/${templateId}/reset`],
    ['POST', `/clients/${clientId}/rotate-secret`],
    ['POST', `/actions/actions/${actionId}/deploy`],
    ['POST', `/actions/actions/${actionId}/versions/${actionVersionId}/deploy`],
    ['POST', '/keys/signing/rotate'],
  ] as const) {
    for (const [body, headers] of [
      [undefined, {}],
      ['', json],
      ['null', json],
      ['{}', json],
      ['', { 'content-type': 'application/x-www-form-urlencoded' }],
    ] as const) {
      const { status, text } = await server.manage(method, path, body, headers)
      assert.ok(status === 200 || status === 201, `${method} ${path} ${body}: ${status} ${text}`)
    }
  }
})

test('a body of a read or of a deletion is not looked at', async () => {
  const server = await testServer()
  const json = { 'content-type': 'application/json' }

  for (const body of ['null', '{}', '']) {
    const read = await server.manage('GET', '/clients/demo', body, json)
    const deleted = await server.manage('DELETE', '/users/sms%7Cnobody', body, json)
    assert.deepEqual([read.status, deleted.status], [200, 204], body)
  }
})

test('ids are decoded after the route is found: | and / stand in them encoded', async () => {
  const server = await testServer()
  const { userId, apiIdentifier } = await furnish(server, number)
  const identifier = 'https://shop.test/api/v1/'
  await server.manage('POST', '/resource-servers', { identifier })

  const user = await server.manage('GET', `/users/${userId.replace('|', '%7C')}`)
  const bare = await server.manage('GET', `/users/${userId}`)
  const api = await server.manage('GET', `/resource-servers/${encodeURIComponent(apiIdentifier)}`)
  const slashes = await server.manage(
    'GET',
    '/resource-servers/https:%2F%2Fshop.test%2Fapi%2Fv1%2F',
  )
  const split = await server.manage('GET', `/resource-servers/${identifier}`)

  assert.deepEqual([user.body.user_id, bare.body.user_id], [userId, userId])
  assert.deepEqual([api.body.identifier, slashes.body.identifier], [apiIdentifier, identifier])
  assert.equal(split.status, 404)
})

test('every kind of write takes a form', async () => {
  const server = await testServer()
  const { userId, connectionId, clientId } = await furnish(server, number)
  const send = (method: string, path: string, fields: Record<string, string>) =>
    server.manage(method, path, new URLSearchParams(fields).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    })

  const user = await send('PATCH', `/users/${encodeURIComponent(userId)}`, {
    blocked: 'true',
    'user_metadata[theme]': 'dark',
  })
  const connection = await send('PATCH', `/connections/${connectionId}`, {
    'options[totp][length]': '8',
    'options[disable_signup]': 'true',
    'options[use_phone_provider]': 'true',
  })
  const client = await send('PATCH', `/clients/${clientId}`, {
    'callbacks[]': 'https://shop.test/callback',
    'refresh_token[rotation_type]': 'rotating',
    'refresh_token[expiration_type]': 'expiring',
    'refresh_token[leeway]': '10',
  })
  const settings = await send('PATCH', '/tenants/settings', {
    session_lifetime: '12',
    'flags[revoke_refresh_token_grant]': 'true',
    'enabled_locales[]': 'de',
  })

  assert.deepEqual([user.body.blocked, user.body.user_metadata.theme], [true, 'dark'])
  assert.deepEqual(connection.body.options, {
    totp: { length: 8 },
    disable_signup: true,
    use_phone_provider: true,
  })
  assert.deepEqual(client.body.callbacks, ['https://shop.test/callback'])
  assert.equal(client.body.refresh_token.leeway, 10)
  assert.deepEqual(
    [settings.body.session_lifetime, settings.body.flags.revoke_refresh_token_grant],
    [12, true],
  )
  assert.deepEqual(settings.body.enabled_locales, ['de'])
})

test('lists in a query are repeated, separated by commas, or one; strangers are ignored', async () => {
  const server = await testServer()
  await server.manage('POST', '/clients', { name: 'One', app_type: 'native' })
  await server.manage('POST', '/clients', { name: 'Two', app_type: 'regular_web' })

  for (const query of [
    'app_type=native&app_type=regular_web',
    'app_type=native,regular_web',
    'app_type=native%2Cregular_web&unknown=1&include_something=false',
  ]) {
    const { body } = await server.manage('GET', `/clients?${query}`)
    assert.deepEqual(body.map(({ name }: { name: string }) => name).sort(), ['One', 'Two'], query)
  }
  const { body } = await server.manage('GET', '/clients?app_type=native')
  assert.equal(body.length, 1)
})

test('an id of the caller goes into the log, cut to 64 characters', async () => {
  const server = await testServer()

  await server.manage('POST', '/clients', { name: 'One' }, { 'x-correlation-id': 'x'.repeat(100) })

  const { body } = await server.manage('GET', '/logs?q=type:sapi')
  assert.deepEqual(body[0].references, { correlation_id: 'x'.repeat(64) })
})

test('headers of tools are accepted: telemetry, dry runs, custom domains', async () => {
  const server = await testServer()

  const { status } = await server.manage(
    'POST',
    '/users',
    { connection: 'sms', phone_number: number },
    {
      'auth0-client': Buffer.from('{"name":"node-auth0"}').toString('base64url'),
      'x-auth0-deploy-mode': 'dry-run',
      'auth0-custom-domain': 'login.shop.test',
    },
  )

  assert.equal(status, 201)
})

test('a limit that was reached is told in seconds, with when to come back', async () => {
  const server = await testServer({ provider: 'twilio' })
  const { body } = await server.manage('GET', '/branding/phone/providers')
  const path = `/branding/phone/providers/${body.providers[0].id}/try`
  for (let sent = 0; sent < 10; sent += 1) await server.manage('POST', path, { to: '14155550137' })

  const refused = await server.manage('POST', path, { to: '14155550137' })

  assert.deepEqual(refused.body, {
    statusCode: 429,
    error: 'Too Many Requests',
    message: 'Global limit has been reached',
    errorCode: 'too_many_requests',
  })
  const header = (name: string) => Number(refused.headers[name])
  assert.deepEqual([header('x-ratelimit-limit'), header('x-ratelimit-remaining')], [10, 0])
  assert.ok(Number.isInteger(header('retry-after')) && header('retry-after') > 0)
  assert.equal(
    header('x-ratelimit-reset') >=
      Math.floor(server.clock.now() / 1000) + header('retry-after') - 1,
    true,
  )
})
