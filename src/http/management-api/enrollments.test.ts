import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestServer, testServer } from '../../../test/harness.ts'

async function enrolled(server: TestServer) {
  const { body: user } = await server.manage('POST', '/users', {
    connection: 'sms',
    phone_number: '+14155550137',
  })
  const path = `/users/${encodeURIComponent(user.user_id)}`
  const { body: method } = await server.manage('POST', `${path}/authentication-methods`, {
    type: 'phone',
    phone_number: '+14155550188',
    name: 'Work',
  })
  return { userId: user.user_id as string, path, id: method.id.split('|')[1] as string }
}

test("an enrolment is a person's device, told by id and by person, its number masked", async () => {
  const server = await testServer()
  const { path, id } = await enrolled(server)
  await server.manage('PATCH', '/tenants/settings', {
    flags: { disable_management_api_sms_obfuscation: false },
  })
  const enrolledAt = new Date(server.clock.now()).toISOString()

  const one = await server.manage('GET', `/guardian/enrollments/${id}`)
  const list = await server.manage('GET', `${path}/enrollments`)

  const shown = {
    id,
    status: 'confirmed',
    name: 'Work',
    identifier: 'Work',
    phone_number: 'XXXXXXXX0188',
    enrolled_at: enrolledAt,
  }
  assert.deepEqual(one.body, shown)
  assert.deepEqual(list.body, [{ ...shown, type: 'sms', auth_method: 'sms' }])
})

test('removing an enrolment removes the device and leaves gd_unenroll', async () => {
  const server = await testServer()
  const { path, id } = await enrolled(server)

  const removed = await server.manage('DELETE', `/guardian/enrollments/${id}`)
  const again = await server.manage('DELETE', `/guardian/enrollments/${id}`)

  assert.equal(removed.status, 204)
  assert.equal(again.status, 404)
  assert.equal(again.body.errorCode, 'enrollment_not_found')
  assert.deepEqual((await server.manage('GET', `${path}/authentication-methods`)).body, [])
  assert.deepEqual((await server.manage('GET', `${path}/enrollments`)).body, [])
  assert.deepEqual(await server.logs(), ['gd_unenroll'])
})

test('the reset takes every second factor, and Google Authenticator the apps alone', async () => {
  const server = await testServer()
  const { path } = await enrolled(server)
  const types = async () =>
    (await server.manage('GET', `${path}/authentication-methods`)).body.map(
      ({ type }: { type: string }) => type,
    )
  await server.manage('POST', `${path}/authentication-methods`, { type: 'totp' })

  await server.manage('DELETE', `${path}/multifactor/duo`)
  assert.deepEqual((await types()).sort(), ['phone', 'totp'])
  await server.manage('DELETE', `${path}/multifactor/google-authenticator`)
  assert.deepEqual(await types(), ['phone'])
  assert.equal((await server.manage('DELETE', `${path}/multifactor/other`)).status, 400)
  assert.equal((await server.manage('DELETE', `${path}/authenticators`)).status, 204)
  assert.deepEqual(await types(), [])
})

test('a ticket is 200 with a link of the tenant; mail is refused because none is sent', async () => {
  const server = await testServer()
  const { userId } = await enrolled(server)

  const made = await server.manage('POST', '/guardian/enrollments/ticket', { user_id: userId })
  const mail = await server.manage('POST', '/guardian/enrollments/ticket', {
    user_id: userId,
    send_mail: true,
  })
  const nobody = await server.manage('POST', '/guardian/enrollments/ticket', { user_id: 'sms|x' })
  const { body: logs } = await server.manage('GET', '/logs?per_page=100')

  assert.equal(made.status, 200)
  assert.match(made.body.ticket_id, /^[A-Za-z0-9]{32}$/)
  assert.equal(
    made.body.ticket_url,
    `${server.tenant.url}/mfa/enrollment?ticket=${made.body.ticket_id}`,
  )
  assert.equal(mail.status, 400)
  assert.equal(mail.body.errorCode, 'operation_not_supported')
  assert.equal(nobody.body.errorCode, 'inexistent_user')
  assert.equal(JSON.stringify(logs).includes(made.body.ticket_id), false)
})

test('a recovery code is made anew only where there is one', async () => {
  const server = await testServer()
  const { path } = await enrolled(server)

  const none = await server.manage('POST', `${path}/recovery-code-regeneration`)
  const forgotten = await server.manage(
    'POST',
    `${path}/multifactor/actions/invalidate-remember-browser`,
    'null',
    { 'content-type': 'application/json' },
  )

  assert.equal(none.status, 404)
  assert.equal(forgotten.status, 204)
})

test("a person's refresh tokens are listed by login, and end together", async () => {
  const server = await testServer()
  const start = { client_id: 'demo', connection: 'sms', phone_number: '+14155550137' }
  await server.post('/passwordless/start', start)
  const { body: tokens } = await server.post('/oauth/token', {
    grant_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
    ...{ client_id: 'demo', username: start.phone_number, realm: 'sms' },
    otp: await server.newestCode(),
    scope: 'openid offline_access',
  })
  const [user] = (await server.manage('GET', '/users')).body
  const path = `/users/${encodeURIComponent(user.user_id)}/refresh-tokens`

  const { body } = await server.manage('GET', `${path}?take=10`)
  const ended = await server.manage('DELETE', path)
  const refused = await server.post('/oauth/token', {
    grant_type: 'refresh_token',
    client_id: 'demo',
    refresh_token: tokens.refresh_token,
  })

  assert.equal(body.tokens.length, 1)
  assert.equal(body.tokens[0].client_id, 'demo')
  assert.equal(body.tokens[0].user_id, user.user_id)
  assert.equal(ended.status, 202)
  assert.equal(refused.status, 403)
  assert.deepEqual((await server.manage('GET', path)).body, { tokens: [] })
})
