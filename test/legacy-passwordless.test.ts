import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jwtVerify } from 'jose'
import { passwordlessOtpGrant } from '../src/contract/passwordless.ts'
import type { GatewayAnswer } from './fake-gateway.ts'
import { configureTwilio, type TestServer } from './harness.ts'
import { legacyTenant, phone_number } from './legacy-tenant.ts'

const authentication = {
  method: 'bearer',
  subject: 'test:sms',
  audience: 'urn:gateway',
  secret: 'a secret of the gateway',
  secret_base64_encoded: false,
}
const signIn = (server: TestServer, otp: string, username = phone_number) =>
  server.post('/oauth/token', {
    ...{ grant_type: passwordlessOtpGrant, client_id: 'demo', realm: 'sms' },
    ...{ username, otp, scope: 'openid profile phone' },
  })
const codeIn = (body: string) => /\d{6}/.exec(body)?.[0] ?? ''

test('a legacy tenant signs a user in through its gateway; both switches move the next message and back', async () => {
  const { server, gateway, connect, consolidate, gatewayOptions, start } = await legacyTenant()
  await configureTwilio(server)
  const options = { ...gatewayOptions, gateway_authentication: authentication }
  await connect(options)

  const started = await start()

  assert.equal(started.status, 200, started.text)
  const [request] = gateway.requests
  assert.equal(request?.method, 'POST')
  assert.equal(request?.path, '/sms')
  const token = request?.headers.authorization?.replace('Bearer ', '') ?? ''
  const { payload, protectedHeader } = await jwtVerify(token, Buffer.from(authentication.secret), {
    audience: authentication.audience,
    currentDate: new Date(server.clock.now()),
  })
  assert.deepEqual(protectedHeader, { alg: 'HS256', typ: 'JWT' })
  const iat = Math.floor(server.clock.now() / 1000)
  assert.deepEqual(payload, { aud: 'urn:gateway', sub: 'test:sms', iat, exp: iat + 60 })
  const tokens = await signIn(server, codeIn(request?.body.body))
  assert.equal(tokens.status, 200, tokens.text)
  assert.equal(server.carrier.requests.length, 0)

  await consolidate(true)
  await connect({ ...options, use_phone_provider: true })
  assert.equal((await start()).status, 200)
  assert.equal(server.carrier.requests.length, 1, 'the tenant provider sends')
  assert.equal(gateway.requests.length, 1, 'the gateway is asked no more')
  assert.equal((await signIn(server, await server.newestCode())).status, 200)

  await consolidate(false)
  await connect(options)
  assert.equal((await start()).status, 200)
  assert.equal(gateway.requests.length, 2, 'the gateway is back')
  assert.equal(server.carrier.requests.length, 1)
  assert.equal((await signIn(server, codeIn(gateway.requests[1]?.body.body))).status, 200)
  assert.deepEqual(await server.logs(), ['cs', 'ss', 's', 'cs', 's', 'cs', 's'])
})

test('the request has exactly the documented members', async () => {
  const { gateway, connect, gatewayOptions, start } = await legacyTenant()
  const { from: _, ...anonymous } = gatewayOptions

  await start(phone_number, { 'user-agent': 'Browser/1.0' })
  await connect({ ...anonymous, forward_req_info: true })
  await start('+14155550138', { 'user-agent': 'Browser/1.0' })
  await connect({ ...gatewayOptions, forward_req_info: 'true' })
  await start('+14155550139', { 'user-agent': 'Browser/2.0' })

  const [plain, forwarded, byWord] = gateway.requests
  const text = plain?.body.body
  assert.match(text, /^Your code is \d{6}$/)
  assert.deepEqual(plain?.body, { recipient: phone_number, body: text, sender: '+12345678' })
  assert.equal(plain?.headers['content-type'], 'application/json')
  assert.equal(plain?.headers['user-agent'], 'Auth0')
  assert.equal(plain?.headers.authorization, undefined)
  assert.deepEqual(forwarded?.body, {
    ...{ recipient: '+14155550138', body: forwarded?.body.body, sender: '' },
    req: { ip: '127.0.0.1', 'user-agent': 'Browser/1.0' },
  })
  assert.deepEqual(byWord?.body.req, { ip: '127.0.0.1', 'user-agent': 'Browser/2.0' })
})

test('a secret in base64url is decoded, and a subject that is not set is left out', async () => {
  const { server, gateway, connect, gatewayOptions, start } = await legacyTenant()
  const key = Buffer.from([251, 255, 254, ...Array(29).keys()])
  const { subject: _, ...rest } = authentication

  await connect({
    ...gatewayOptions,
    gateway_authentication: {
      ...rest,
      ...{ secret: key.toString('base64url'), secret_base64_encoded: true },
    },
  })
  await start()

  const token = gateway.requests[0]?.headers.authorization?.replace('Bearer ', '') ?? ''
  const currentDate = new Date(server.clock.now())
  const { payload } = await jwtVerify(token, key, { currentDate })
  assert.deepEqual(Object.keys(payload).sort(), ['aud', 'exp', 'iat'])
})

const refusals: [string, GatewayAnswer, RegExp][] = [
  ['401', { status: 401 }, /^Authentication failed while calling the SMS gateway: 401$/],
  ['201', { status: 201 }, /201/],
  ['204', { status: 204 }, /204/],
  ['a redirect', { status: 302, headers: { location: '/sms' } }, /302/],
  ['403', { status: 403 }, /403/],
  ['500', { status: 500, body: 'oops' }, /500/],
  ['503 with Retry-After', { status: 503, headers: { 'retry-after': '1' } }, /503/],
  ['a reset', { instead: 'reset' }, /ECONNRESET|UND_ERR_SOCKET/],
]

for (const [what, answer, described] of refusals) {
  test(`${what} from the gateway is a refusal, told at once and tried once`, async () => {
    const { server, gateway, start, message } = await legacyTenant()
    gateway.answer(answer)

    const { status, body } = await start()

    assert.deepEqual([status, body.error], [400, 'sms_provider_error'])
    assert.match(body.error_description, described)
    server.clock.advance(60_000)
    await server.app.sweeper.sweep()
    await server.settle()
    assert.equal(gateway.requests.length, 1)
    const { state, provider, attempts } = await message()
    assert.deepEqual([state, provider, attempts.length], ['failed', 'sms_gateway', 1])
    assert.deepEqual(await server.logs(), ['cs', 'fn'])
  })
}

test('a gateway that is silent until its time is over is a refusal', async () => {
  const { server, gateway, start, message } = await legacyTenant({ leaseMs: 250 })
  gateway.answer({ instead: 'hang' })

  const { status, body } = await start()

  assert.deepEqual([status, body.error], [400, 'sms_provider_error'])
  assert.match(body.error_description, /timeout/)
  const { state, attempts, cause } = await message()
  assert.deepEqual([state, attempts[0].outcome], ['failed', 'unknown'])
  assert.equal(cause.code, 'gateway_timeout')
  assert.equal(gateway.requests.length, 1)
  assert.deepEqual(await server.logs(), ['cs', 'fn'])
})

test('a gateway that is down or in a private network is a refusal that says so', async () => {
  const { gateway, connect, gatewayOptions, start, message } = await legacyTenant()
  await gateway.close()

  const down = await start()
  await connect({ ...gatewayOptions, gateway_url: 'http://127.0.0.1:9/sms' })
  const forbidden = await start('+14155550138')

  assert.deepEqual([down.status, down.body.error], [400, 'sms_provider_error'])
  assert.match(down.body.error_description, /ECONNREFUSED/)
  assert.deepEqual([forbidden.status, forbidden.body.error], [400, 'sms_provider_error'])
  assert.match(forbidden.body.error_description, /EACCES/)
  assert.equal((await message()).cause.code, 'gateway_not_allowed')
})

const addresses = ['nowhere', 'ftp://gateway.test/', 'http://', 'https://[::1', 'http://a:99999/']
addresses.push('http://user:word@127.0.0.1:9/', 'http://gate way/', 'file:///etc/passwd')

test('an address that is none is a refusal as any other', async () => {
  const { server, connect, gatewayOptions, start, message } = await legacyTenant()
  await server.manage('PATCH', '/phone/protection', { number: null })

  for (const gateway_url of addresses) {
    await connect({ ...gatewayOptions, gateway_url })
    const { status, body } = await start()

    assert.deepEqual([status, body.error], [400, 'sms_provider_error'], gateway_url)
    assert.match(body.error_description, /could not be reached: [A-Z_]+$/)
    assert.equal((await message()).attempts[0].outcome, 'permanent', gateway_url)
  }
})

test('the reply waits for the gateway', async () => {
  const { server, gateway, start, message } = await legacyTenant({ callbacks: true })
  gateway.answer({ delayMs: 150 })

  const before = performance.now()
  const { body } = await start()

  assert.ok(performance.now() - before >= 145)
  const status = await server.get(`/passwordless/status?id=${body._id}`)
  assert.deepEqual(status.body, { state: 'sent', final: true })
  const { state, attempts_count, possible_duplicate } = await message()
  assert.deepEqual([state, attempts_count, possible_duplicate], ['accepted', 1, false])
})

test("the connection's own Twilio account sends, and its refusal ends with Twilio's code", async () => {
  const { server, connect, start, message } = await legacyTenant({ callbacks: true })
  const options = {
    ...{ twilio_sid: 'AC1', twilio_token: 'secret', from: '+15005550001', syntax: 'liquid' },
    template: '{{ application.name }}: {{ code }} to {{ phone_number }} {{ request_language }}',
  }
  await connect(options)

  const { status } = await start(phone_number, { 'x-request-language': 'es-AR' })
  const [sent] = server.carrier.requests
  await connect({ ...options, messaging_service_sid: 'MG1' })
  await start('+14155550138')
  server.carrier.respond(() => ({
    status: 400,
    body: { code: 21211, message: "The 'To' number +14155550139 is not valid.", status: 400 },
  }))
  const refused = await start('+14155550139')

  assert.equal(status, 200)
  assert.equal(sent?.path, '/2010-04-01/Accounts/AC1/Messages.json')
  const credentials = Buffer.from('AC1:secret').toString('base64')
  assert.equal(sent?.headers.authorization, `Basic ${credentials}`)
  assert.equal(sent?.form.get('From'), '+15005550001')
  assert.equal(sent?.form.get('StatusCallback'), null, 'reports are of the tenant provider alone')
  assert.match(sent?.form.get('Body') ?? '', /: \d{6} to \+14155550137 es-AR$/)
  assert.equal(server.carrier.requests[1]?.form.get('MessagingServiceSid'), 'MG1')
  assert.equal(server.carrier.requests[1]?.form.get('From'), null)
  assert.deepEqual([refused.status, refused.body.error], [400, 'sms_provider_error'])
  assert.match(refused.body.error_description, /\(Code: 21211\)$/)
  assert.ok(!refused.body.error_description.includes('4155550139'))
  assert.equal((await message()).provider, 'twilio')
})

test('a passing trouble of Twilio is told and not repeated', async () => {
  const { server, connect, start } = await legacyTenant()
  await connect({ twilio_sid: 'AC1', twilio_token: 'secret', from: '+15005550001' })
  server.carrier.respond(() => ({ status: 429, body: { code: 20429, message: 'slow down' } }))

  const { status, body } = await start()
  server.clock.advance(120_000)
  await server.app.sweeper.sweep()
  await server.settle()

  assert.deepEqual([status, body.error], [400, 'sms_provider_error'])
  assert.equal(server.carrier.requests.length, 1)
})

test('a text without its code gives way to the default, with a warning', async () => {
  const { server, gateway, connect, gatewayOptions, start } = await legacyTenant()

  await connect({ ...gatewayOptions, template: 'Welcome' })
  await start()
  await connect({ ...gatewayOptions, template: '{{ code | nofilter }}', syntax: 'liquid' })
  await start('+14155550138')
  await connect({ ...gatewayOptions, template: '{{ code }}!', syntax: null })
  await start('+14155550139')

  for (const request of gateway.requests.slice(0, 2)) assert.match(request.body.body, /^Use \d{6} /)
  assert.match(gateway.requests[2]?.body.body, /^\d{6}!$/)
  assert.deepEqual(await server.logs(), ['cs', 'wn', 'cs', 'wn', 'cs'])
})

test('the limits of sending hold, and a refused start asks no gateway', async () => {
  const { server, gateway, start } = await legacyTenant()
  await server.manage('PATCH', '/phone/protection', { number: { count: 2, per_s: 600 } })

  const statuses = []
  for (let round = 0; round < 3; round += 1) statuses.push((await start()).status)

  assert.deepEqual(statuses, [200, 200, 429])
  assert.equal(gateway.requests.length, 2)
})

test('no provider anywhere and no inbox is the same refusal for every number', async () => {
  const { connect, start } = await legacyTenant({ inbox: false })
  await connect({ name: 'sms' })

  const replies = [await start(), await start('+14155550138')]

  for (const { status, body } of replies) {
    assert.deepEqual([status, body.error], [400, 'sms_provider_error'])
    assert.equal(body.error_description, 'The connection has no SMS provider of its own.')
  }
})
