import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines } from '../../../test/databases.ts'
import { configureTwilio, testServer } from '../../../test/harness.ts'
import { Tenants } from '../../domain/tenant.ts'

const path = '/branding/phone/providers'
const configuration = {
  sid: 'AC1',
  default_from: '+15005550006',
  delivery_methods: ['text', 'voice'],
}
const twilio = { name: 'twilio', configuration, credentials: { auth_token: 'first' } }
const notFound = {
  statusCode: 404,
  error: 'Not Found',
  message: 'Notification Resource not found',
}
const badOperation = {
  statusCode: 400,
  error: 'Bad Request',
  message: 'Bad Operation on Notification Resource',
}

test('a provider is made, shown, changed and deleted without ever showing its secret', async () => {
  const server = await testServer()
  assert.deepEqual((await server.manage('GET', path)).body, { providers: [] })

  const created = await server.manage('POST', path, { ...twilio, extra: 1 })

  assert.equal(created.status, 201)
  const at = new Date(server.clock.now()).toISOString()
  const { id } = created.body
  assert.match(id, /^pro_[A-Za-z0-9]{22}$/)
  const view = {
    id,
    tenant: server.tenant.name,
    name: 'twilio',
    channel: 'phone',
    disabled: false,
    configuration,
    created_at: at,
    updated_at: at,
  }
  assert.deepEqual(created.body, view)
  assert.deepEqual((await server.manage('GET', path)).body, {
    providers: [{ ...view, credentials: null }],
  })
  assert.deepEqual((await server.manage('GET', `${path}?disabled=true`)).body, { providers: [] })
  assert.deepEqual((await server.manage('GET', `${path}/${id}`)).body, view)

  server.clock.advance(1000)
  const narrowed = { sid: 'AC2', mssid: 'MG1', delivery_methods: ['text'] }
  const patched = await server.manage('PATCH', `${path}/${id}`, { configuration: narrowed })

  assert.deepEqual(patched.body, {
    ...view,
    configuration: narrowed,
    updated_at: new Date(server.clock.now()).toISOString(),
  })
  const deleted = await server.manage('DELETE', `${path}/${id}`)
  assert.deepEqual([deleted.status, deleted.text], [204, ''])
  assert.deepEqual((await server.manage('GET', `${path}/${id}`)).body, notFound)
})

for (const engine of engines) {
  test(`on ${engine} a tenant has one provider: of two creations at once one is refused`, async () => {
    const server = await testServer({ engine })

    const replies = await Promise.all([
      server.manage('POST', path, twilio),
      server.manage('POST', path, twilio),
    ])

    assert.deepEqual(replies.map(({ status }) => status).sort(), [201, 409])
    assert.deepEqual(replies.find(({ status }) => status === 409)?.body, {
      statusCode: 409,
      error: 'Conflict',
      message: 'A phone provider is already configured for this tenant.',
    })
  })
}

test('without a sender, and with nothing in it, a configuration is a bad operation', async () => {
  const server = await testServer()
  const without = { ...configuration, default_from: undefined }
  for (const body of [
    { ...twilio, configuration: without },
    { ...twilio, configuration: { ...without, default_from: '' } },
    { ...twilio, configuration: {} },
    { ...twilio, configuration: undefined },
  ]) {
    const reply = await server.manage('POST', path, body)
    assert.deepEqual(reply.body, badOperation)
  }
  const noSid = await server.manage('POST', path, {
    ...twilio,
    configuration: { ...configuration, sid: undefined },
  })
  assert.equal(noSid.body.errorCode, 'invalid_body')
  assert.deepEqual((await server.manage('GET', path)).body, { providers: [] })
})

test('a custom provider is refused while no Action is deployed, and nothing is stored', async () => {
  const server = await testServer()
  const conflict = {
    statusCode: 409,
    error: 'Conflict',
    message: 'No deployed action was found.',
    errorCode: 'custom_email_provider_deployed_action_not_found',
  }
  const custom = {
    name: 'custom',
    credentials: {},
    configuration: { delivery_methods: ['text'] },
  }

  assert.deepEqual((await server.manage('POST', path, custom)).body, conflict)
  assert.deepEqual((await server.manage('GET', path)).body, { providers: [] })

  const { body } = await server.manage('POST', path, twilio)
  const patched = await server.manage('PATCH', `${path}/${body.id}`, { name: 'custom' })
  assert.deepEqual(patched.body, conflict)
  assert.deepEqual((await server.manage('GET', `${path}/${body.id}`)).body, body)
})

test('a change is closed and knows no empty body; what the server owns cannot be sent', async () => {
  const server = await testServer()
  const { body } = await server.manage('POST', path, twilio)
  for (const patch of [
    {},
    { id: body.id },
    { channel: 'phone' },
    { tenant: 'x' },
    { configuration: null },
  ]) {
    const reply = await server.manage('PATCH', `${path}/${body.id}`, patch)
    assert.deepEqual([reply.status, reply.body.errorCode], [400, 'invalid_body'])
  }
})

test('new credentials keep the former ones; none at all keep everything', async () => {
  const server = await testServer()
  const { body } = await server.manage('POST', path, twilio)
  const stored = async () => {
    const tenant = await new Tenants(server.app.deps).byId(server.tenant.name)
    return tenant?.phoneProvider
  }
  const at = server.clock.now()
  server.clock.advance(5000)

  await server.manage('PATCH', `${path}/${body.id}`, { disabled: true })
  assert.partialDeepStrictEqual(await stored(), {
    disabled: true,
    credentials: { auth_token: 'first' },
    previousCredentials: undefined,
    credentialsChangedAt: at,
  })

  await server.manage('PATCH', `${path}/${body.id}`, { credentials: { auth_token: 'second' } })
  assert.partialDeepStrictEqual(await stored(), {
    credentials: { auth_token: 'second' },
    previousCredentials: { auth_token: 'first' },
    credentialsChangedAt: at + 5000,
  })
})

test('who disables or deletes a provider in use is warned of what stops', async () => {
  const server = await testServer()
  const { body } = await server.manage('POST', path, twilio)

  const disabled = await server.manage('PATCH', `${path}/${body.id}`, { disabled: true })
  const enabled = await server.manage('PATCH', `${path}/${body.id}`, { disabled: false })
  const deleted = await server.manage('DELETE', `${path}/${body.id}`)

  assert.match(String(disabled.headers.warning), /^199 - ".*passwordless connection sms"$/)
  assert.equal(enabled.headers.warning, undefined)
  assert.match(String(deleted.headers.warning), /passwordless connection sms/)
})

test('every single call to an unknown provider is 404', async () => {
  const server = await testServer()
  const unknown = `${path}/pro_0000000000000000000000`
  for (const [method, address, body] of [
    ['GET', unknown, undefined],
    ['PATCH', unknown, { disabled: true }],
    ['DELETE', unknown, undefined],
    ['POST', `${unknown}/try`, { to: '+4915112345678' }],
  ] as const) {
    assert.deepEqual((await server.manage(method, address, body)).body, notFound)
  }
})

test('a test message leaves through a disabled provider too, and says what became of it', async () => {
  const server = await testServer()
  const { body } = await configureTwilio(server)
  await server.manage('PATCH', `${path}/${body.id}`, { disabled: true })
  const address = `${path}/${body.id}/try`

  const plain = await server.manage('POST', address, { to: '4915112345678' })

  assert.equal(plain.status, 202)
  assert.deepEqual(plain.body, {
    code: 202,
    message: 'Test notification successfully sent for processing',
  })
  assert.equal(server.carrier.requests.at(-1)?.form.get('To'), '+4915112345678')

  server.carrier.script({ status: 400, body: { code: 21211, message: 'Invalid To' } })
  const waited = await server.manage(
    'POST',
    address,
    { to: '+4915112345678' },
    {
      prefer: 'wait=20',
    },
  )
  assert.equal(waited.status, 202)
  assert.equal(waited.body.outcome, 'failed')
  assert.equal(waited.body.provider_error.code, '21211')
})

test('a test is refused for a number that is none and for a method that is not offered', async () => {
  const server = await testServer()
  const { body } = await server.manage('POST', path, {
    ...twilio,
    // Passwordless sign-in needs text of a provider that is on.
    disabled: true,
    configuration: { ...configuration, delivery_methods: ['voice'] },
  })
  const address = `${path}/${body.id}/try`
  for (const [sent, status] of [
    [{ to: '+0' }, 400],
    [{ to: 'people' }, 400],
    [{ to: '' }, 400],
    [{ to: '+49151123456789012345' }, 400],
    [{ to: '+4915112345678', delivery_method: 'text' }, 400],
    [{ to: '+4915112345678', more: 1 }, 400],
    [{ to: '+4915112345678' }, 202],
  ] as const) {
    assert.equal((await server.manage('POST', address, sent)).status, status, JSON.stringify(sent))
  }
})

test('the eleventh test within an hour is refused with a time to come back', async () => {
  const server = await testServer({ provider: 'twilio' })
  const { body } = await server.manage('GET', path)
  const address = `${path}/${body.providers[0].id}/try`
  for (let sent = 0; sent < 10; sent += 1) {
    assert.equal((await server.manage('POST', address, { to: '+4915112345678' })).status, 202)
  }

  const refused = await server.manage('POST', address, { to: '+4915112345678' })

  assert.equal(refused.status, 429)
  assert.equal(refused.headers['retry-after'], '360')
  assert.equal(refused.headers['x-ratelimit-limit'], '10')
  assert.equal(refused.headers['x-ratelimit-remaining'], '0')
  server.clock.advance(360_000)
  assert.equal((await server.manage('POST', address, { to: '+4915112345678' })).status, 202)
})
