import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines } from '../../../test/databases.ts'
import { type TestServer, testServer } from '../../../test/harness.ts'

const types = '/guardian/factors/phone/message-types'
const providers = '/branding/phone/providers'
const closed = {
  statusCode: 403,
  error: 'Forbidden',
  message:
    'Insufficient privileges to use this deprecated feature. To handle Phone Provider/Templates refer to Tenant Phone Settings',
  errorCode: 'legacy_mfa_phone_provider_not_allowed',
}

const setTypes = (server: TestServer, ...message_types: string[]) =>
  server.manage('PUT', types, { message_types })
const setMethods = (server: TestServer, id: string, ...delivery_methods: string[]) =>
  server.manage('PATCH', `${providers}/${id}`, {
    configuration: { sid: 'AC1', default_from: '+15005550006', delivery_methods },
  })
const configure = async (server: TestServer, delivery_methods: string[]) => {
  const { status } = await server.manage('POST', providers, {
    name: 'twilio',
    configuration: { sid: 'AC1', default_from: '+15005550006', delivery_methods },
    credentials: { auth_token: 'token' },
  })
  assert.equal(status, 201)
}
const setConsolidated = (server: TestServer, phone_consolidated_experience: boolean) =>
  server.manage('PATCH', '/tenants/settings', { phone_consolidated_experience })
const providerOf = async (server: TestServer): Promise<string> =>
  (await server.manage('GET', providers)).body.providers[0].id
const logsOf = async (server: TestServer, type: string) =>
  (await server.manage('GET', `/logs?q=type:${type}`)).body

/** A tenant that signs people in by nothing but a second factor on the phone. */
async function mfaOnly(...methods: ('text' | 'voice')[]) {
  const server = await testServer({ inbox: false })
  await configure(server, methods)
  const { body } = await server.manage('GET', '/connections?strategy=sms')
  for (const { id } of body)
    await server.manage('PATCH', `/connections/${id}`, { enabled_clients: [] })
  await server.manage('PUT', '/guardian/factors/sms', { enabled: true })
  return { server, id: await providerOf(server) }
}

test('factors stand in the order of the original, and each can be switched', async () => {
  const server = await testServer()
  const names = ['sms', 'push-notification', 'otp', 'email', 'duo', 'webauthn-roaming']
  names.push('webauthn-platform', 'recovery-code')
  const off = names.map((name) => ({ name, enabled: false, trial_expired: false }))
  assert.deepEqual((await server.manage('GET', '/guardian/factors')).body, off)

  for (const name of names) {
    const { status, body } = await server.manage('PUT', `/guardian/factors/${name}`, {
      enabled: true,
    })
    assert.deepEqual([status, body], [200, { enabled: true }])
  }

  const on = off.map((factor) => ({ ...factor, enabled: true }))
  assert.deepEqual((await server.manage('GET', '/guardian/factors')).body, on)
  const unknown = await server.manage('PUT', '/guardian/factors/phone', { enabled: true })
  assert.deepEqual([unknown.status, unknown.body.errorCode], [400, 'invalid_uri'])
  const more = await server.manage('PUT', '/guardian/factors/sms', {
    ...{ enabled: true, trial_expired: false },
  })
  assert.deepEqual([more.status, more.body.errorCode], [400, 'invalid_body'])
})

test('policies are a bare array, and message types begin empty', async () => {
  const server = await testServer()
  assert.deepEqual((await server.manage('GET', '/guardian/policies')).body, [])
  assert.deepEqual((await server.manage('GET', types)).body, { message_types: [] })

  const put = await server.manage('PUT', '/guardian/policies', ['all-applications'])

  assert.deepEqual([put.status, put.body], [200, ['all-applications']])
  assert.deepEqual((await server.manage('GET', '/guardian/policies')).body, ['all-applications'])
  const wrong = await server.manage('PUT', '/guardian/policies', ['sometimes'])
  assert.deepEqual([wrong.status, wrong.body.errorCode], [400, 'invalid_body'])
})

test('on the unified experience the older phone settings are closed, and open again after it', async () => {
  const server = await testServer()
  const bodies = {
    'selected-provider': { provider: 'phone-message-hook' },
    'providers/twilio': { sid: 'ABC123', auth_token: 'clear', from: '123' },
    templates: { enrollment_message: 'In {{ code }}', verification_message: 'Out {{ code }}' },
  }
  const initial = { 'selected-provider': { provider: 'auth0' }, 'providers/twilio': {} }
  for (const family of ['phone', 'sms']) {
    for (const [name, body] of Object.entries(bodies)) {
      const path = `/guardian/factors/${family}/${name}`
      for (const reply of [
        await server.manage('GET', path),
        await server.manage('PUT', path, body),
      ]) {
        assert.deepEqual([reply.status, reply.body], [403, closed])
      }
    }
  }

  await setConsolidated(server, false)

  for (const [name, body] of Object.entries(bodies)) {
    const [first, second] = [`/guardian/factors/phone/${name}`, `/guardian/factors/sms/${name}`]
    const before = await server.manage('GET', second)
    assert.equal(before.status, 200)
    if (name in initial) assert.deepEqual(before.body, initial[name as keyof typeof initial])
    const put = await server.manage('PUT', first, body)
    assert.deepEqual([put.status, put.body], [200, body])
    const after = await server.manage('GET', second)
    const missing = name === 'providers/twilio' ? { messaging_service_sid: null } : {}
    assert.deepEqual(after.body, { ...body, ...missing })
  }
  assert.ok((await logsOf(server, 'depnote')).length > 0)
  assert.ok((await logsOf(server, 'gd_tenant_update')).length > 0)
})

test('a text that is no Liquid is refused by name', async () => {
  const server = await testServer()
  await setConsolidated(server, false)
  const good = { enrollment_message: '{{ code }}', verification_message: '{{ code }}' }
  for (const member of Object.keys(good)) {
    const { status, body } = await server.manage('PUT', '/guardian/factors/sms/templates', {
      ...{ ...good, [member]: '{% if %}' },
    })
    assert.equal(status, 400)
    assert.match(body.message, new RegExp(`^Invalid ${member} template: .+`))
  }
})

test('a message type needs a method of the provider, once there is one', async () => {
  const server = await testServer({ inbox: false })
  assert.equal((await setTypes(server, 'sms', 'voice')).status, 200)
  await setTypes(server)
  await configure(server, ['text'])

  const refused = await setTypes(server, 'sms', 'voice')

  assert.equal(refused.status, 409)
  assert.equal(
    refused.body.message,
    'Message Type is not supported by the configured phone provider',
  )
  assert.deepEqual((await server.manage('GET', types)).body, { message_types: [] })
  assert.equal((await setTypes(server, 'sms')).status, 200)
})

test('a provider that loses a method narrows the factors, and keeps one that would be left with none', async () => {
  const { server, id } = await mfaOnly('text', 'voice')
  await setTypes(server, 'sms', 'voice')

  assert.equal((await setMethods(server, id, 'voice')).status, 200)

  assert.deepEqual((await server.manage('GET', types)).body, { message_types: ['voice'] })
  const [entry] = await logsOf(server, 'gd_tenant_update')
  assert.deepEqual(entry.details, {
    message_types: { before: ['sms', 'voice'], after: ['voice'] },
  })
  const refused = await setMethods(server, id, 'text')
  assert.equal(refused.status, 409)
  assert.equal(refused.body.errorCode, 'phone_delivery_methods_in_use')
  assert.deepEqual(refused.body.factors, ['voice'])
  assert.match(refused.body.message, /First change the message types of MFA/)
  const { body } = await server.manage('GET', `${providers}/${id}`)
  assert.deepEqual(body.configuration.delivery_methods, ['voice'])
})

test('text cannot go while a passwordless connection in use sends through the provider', async () => {
  const server = await testServer({ inbox: false })
  await configure(server, ['text', 'voice'])
  const id = await providerOf(server)

  const refused = await setMethods(server, id, 'voice')

  assert.deepEqual([refused.status, refused.body.factors], [409, ['passwordless']])
  const { body: connections } = await server.manage('GET', '/connections?strategy=sms')
  for (const connection of connections) {
    await server.manage('PATCH', `/connections/${connection.id}`, { enabled_clients: [] })
  }
  assert.equal((await setMethods(server, id, 'voice')).status, 200)
})

test('a legacy tenant’s factors and its provider do not know each other', async () => {
  const { server, id } = await mfaOnly('text')
  await setConsolidated(server, false)
  assert.equal((await setTypes(server, 'voice')).status, 200)
  assert.equal((await setMethods(server, id, 'text')).status, 200)
})

for (const engine of engines) {
  test(`of a factor that is added and its method that goes at once, one is refused: ${engine}`, async () => {
    const server = await testServer({ inbox: false, engine })
    await configure(server, ['text', 'voice'])
    const { body } = await server.manage('GET', '/connections?strategy=sms')
    for (const connection of body) {
      await server.manage('PATCH', `/connections/${connection.id}`, { enabled_clients: [] })
    }
    await server.manage('PUT', '/guardian/factors/sms', { enabled: true })
    const id = await providerOf(server)
    for (let round = 0; round < 8; round += 1) {
      await setTypes(server)
      assert.equal((await setMethods(server, id, 'text', 'voice')).status, 200)

      const [added, gone] = await Promise.all([
        setTypes(server, 'voice'),
        setMethods(server, id, 'text'),
      ])

      assert.deepEqual([added.status, gone.status].sort(), [200, 409], `round ${round}`)
    }
  })
}
