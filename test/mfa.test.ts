import assert from 'node:assert/strict'
import { test } from 'node:test'
import { totpCode } from '../src/base/totp.ts'
import { changeTenantDocument } from '../src/domain/tenant-documents.ts'
import { dumpTenant } from './database-dump.ts'
import { fakeActions } from './fake-actions.ts'
import { bindHooks, deployHook, twilio } from './legacy-mfa-tenant.ts'
import { enrolPhone, grantTypes, type MfaTenant, mfaTenant, sentCode } from './mfa-tenant.ts'

const number = '+14155550137'
const second = '+14155550188'

const enrol = (server: MfaTenant, token: string, channel = 'sms') =>
  server.withToken('POST', '/mfa/associate', token, {
    ...{ authenticator_types: ['oob'], oob_channels: [channel], phone_number: second },
  })

for (const engine of ['pglite', 'postgres'] as const) {
  test(`${engine}: of many guesses at once ten are counted, and of many right ones one is good`, async () => {
    const server = await mfaTenant({}, { engine })
    const token = (await server.firstFactor(number)).body.mfa_token
    const { body } = await enrol(server, token)
    const finish = (code: string) =>
      server.post('/oauth/token', {
        ...{ grant_type: grantTypes.oob, client_id: 'demo', mfa_token: token },
        ...{ oob_code: body.oob_code, binding_code: code },
      })
    const statuses = async (code: string, times: number) =>
      (await Promise.all(Array.from({ length: times }, () => finish(code))))
        .map(({ status }) => status)
        .sort()

    const few = await statuses('x', 5)
    const right = await statuses(sentCode(server), 6)
    assert.deepEqual(few, [403, 403, 403, 403, 403])
    assert.deepEqual(right, [200, 403, 403, 403, 403, 403])

    const waiting = (await server.firstFactor(number)).body.mfa_token
    const { body: sent } = await server.post('/mfa/challenge', {
      ...{ client_id: 'demo', mfa_token: waiting },
    })
    const wrong = await Promise.all(
      Array.from({ length: 14 }, () =>
        server.post('/oauth/token', {
          ...{ grant_type: grantTypes.oob, client_id: 'demo', mfa_token: waiting },
          ...{ oob_code: sent.oob_code, binding_code: 'x' },
        }),
      ),
    )
    const count = (status: number) => wrong.filter((answer) => answer.status === status).length
    assert.deepEqual([count(403), count(429)], [10, 4])
  })

  test(`${engine}: one recovery code at once from many sides is good for one`, async () => {
    const server = await mfaTenant({}, { engine })
    const { recoveryCode } = await enrolPhone(
      server,
      (await server.firstFactor(number)).body.mfa_token,
      second,
    )
    const tokens: string[] = []
    for (let index = 0; index < 5; index += 1) {
      tokens.push((await server.firstFactor(number)).body.mfa_token)
    }

    const answers = await Promise.all(
      tokens.map((mfa_token) =>
        server.post('/oauth/token', {
          ...{ grant_type: grantTypes.recovery, client_id: 'demo', mfa_token },
          recovery_code: recoveryCode,
        }),
      ),
    )

    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403, 403, 403, 403])
  })
}

test('no code, secret or token of a second factor stands readable in the database or the log', async () => {
  const server = await mfaTenant()
  const token = (await server.firstFactor(number)).body.mfa_token
  const app = await server.withToken('POST', '/mfa/associate', token, {
    authenticator_types: ['otp'],
  })
  const { body: phone } = await enrol(server, token)
  const finished = await server.post('/oauth/token', {
    ...{ grant_type: grantTypes.oob, client_id: 'demo', mfa_token: token },
    ...{ oob_code: phone.oob_code, binding_code: sentCode(server) },
  })
  assert.equal(finished.status, 200, finished.text)

  const secrets = [
    ...[token, app.body.secret, app.body.recovery_codes[0], phone.oob_code],
    ...[phone.recovery_codes[0], finished.body.refresh_token, sentCode(server)],
  ]
  const { mfa_transactions, mfa_challenges, ...others } = await dumpTenant(
    server.app.deps.db,
    server.tenant.name,
  )
  const { authentication_methods, messages, tenant_logs } = others
  const dump = JSON.stringify([
    ...[mfa_transactions, mfa_challenges, authentication_methods, messages, tenant_logs],
  ])
  for (const secret of secrets) {
    assert.ok(secret?.length >= 6)
    assert.equal(dump.includes(secret), false, secret)
  }
})

test('two first enrolments at once bring one recovery code, and both go on', async () => {
  const server = await mfaTenant({}, { engine: 'postgres' })
  const token = (await server.firstFactor(number)).body.mfa_token

  const answers = await Promise.all([
    enrol(server, token),
    enrol(server, token, 'voice'),
    server.withToken('POST', '/mfa/associate', token, { authenticator_types: ['otp'] }),
    server.withToken('POST', '/mfa/associate', token, { authenticator_types: ['otp'] }),
  ])

  assert.deepEqual(
    answers.map(({ status, text }) => (status === 200 ? 200 : text)),
    [200, 200, 200, 200],
  )
})

test('a device that was never confirmed does not become a second one behind its owner', async () => {
  const server = await mfaTenant()
  const stolen = (await server.firstFactor(number)).body.mfa_token
  const { body: app } = await server.withToken('POST', '/mfa/associate', stolen, {
    authenticator_types: ['otp'],
  })
  await enrolPhone(server, (await server.firstFactor(number)).body.mfa_token, second)

  const refused = await server.post('/oauth/token', {
    ...{ grant_type: grantTypes.otp, client_id: 'demo', mfa_token: stolen },
    otp: totpCode(app.secret, Math.floor(server.clock.now() / 30_000)),
  })

  assert.equal(refused.status, 403)
  const list = await server.withToken(
    'GET',
    '/mfa/authenticators',
    (await server.firstFactor(number)).body.mfa_token,
  )
  const active = list.body.filter((each: { active: boolean }) => each.active)
  assert.deepEqual(active.map(({ type }: { type: string }) => type).sort(), [
    'phone',
    'phone',
    'recovery-code',
  ])
})

test("under MFA's older settings its own account sends, and its refusal is told", async () => {
  const server = await mfaTenant()
  const tenant = await server.app.tenants.byId(server.tenant.name)
  assert.ok(tenant)
  await changeTenantDocument(server.app.deps, tenant, 'guardian-phone', () => ({
    message_types: ['sms', 'voice'],
    provider: 'twilio',
    twilio: { ...twilio, from: '+15005550009' },
    templates: { enrollment_message: 'Enrol {{code}}', verification_message: 'Verify {{code}}' },
  }))
  await server.manage('PATCH', '/tenants/settings', { phone_consolidated_experience: false })
  const connection = (await server.manage('GET', '/connections?name=sms')).body[0]
  await server.manage('PATCH', `/connections/${connection.id}`, {
    options: { ...connection.options, use_phone_provider: true },
  })

  const token = (await server.firstFactor(number)).body.mfa_token
  const { body, status, text } = await enrol(server, token)
  assert.equal(status, 200, text)
  const form = server.carrier.requests.at(-1)?.form
  assert.equal(form?.get('From'), '+15005550009')
  assert.match(form?.get('Body') ?? '', /^Enrol [0-9]{6}$/)
  const finished = await server.post('/oauth/token', {
    ...{ grant_type: grantTypes.oob, client_id: 'demo', mfa_token: token },
    ...{ oob_code: body.oob_code, binding_code: sentCode(server) },
  })
  assert.equal(finished.status, 200, finished.text)

  const waiting = (await server.firstFactor(number)).body.mfa_token
  server.carrier.script({ status: 400, body: { code: 21211, message: 'invalid To' } })
  const refused = await server.post('/mfa/challenge', { client_id: 'demo', mfa_token: waiting })
  assert.equal(refused.status, 400, refused.text)
  assert.ok((await server.logs()).includes('gd_send_sms_failure'))
})

test("a tenant's Action sends the codes: of the older trigger before the switch, of the newer after it", async () => {
  const actions = fakeActions()
  const server = await mfaTenant({}, { provider: 'none', actions })
  const tenant = await server.app.tenants.byId(server.tenant.name)
  assert.ok(tenant)
  await changeTenantDocument(server.app.deps, tenant, 'guardian-phone', () => ({
    message_types: ['sms', 'voice'],
    provider: 'phone-message-hook',
  }))
  const switchTo = (phone_consolidated_experience: boolean) =>
    server.manage('PATCH', '/tenants/settings', { phone_consolidated_experience })
  await switchTo(false)
  await deployHook(server, 'Older')
  await bindHooks(server, 'Older')

  const token = (await server.firstFactor(number)).body.mfa_token
  const { body, status, text } = await enrol(server, token, 'voice')
  assert.equal(status, 200, text)
  const older = actions.calls.at(-1)
  assert.equal(older?.program.trigger, 'send-phone-message')
  const { message_options } = Object(older?.call.event)
  assert.equal(message_options.message_type, 'voice')
  assert.equal(message_options.recipient, second)
  const finished = await server.post('/oauth/token', {
    ...{ grant_type: grantTypes.oob, client_id: 'demo', mfa_token: token },
    ...{ oob_code: body.oob_code, binding_code: message_options.code },
  })
  assert.equal(finished.status, 200, finished.text)

  const waiting = (await server.firstFactor(number)).body.mfa_token
  await switchTo(true)
  const { body: action } = await server.manage('POST', '/actions/actions', {
    name: 'Newer',
    supported_triggers: [{ id: 'custom-phone-provider', version: 'v1' }],
    code: 'exports.onExecuteCustomPhoneProvider = async () => {}',
  })
  await server.settle()
  await server.manage('POST', `/actions/actions/${action.id}/deploy`)
  await server.manage('POST', '/branding/phone/providers', {
    name: 'custom',
    configuration: { delivery_methods: ['text', 'voice'] },
    credentials: {},
  })
  const asked = await server.post('/mfa/challenge', {
    ...{ client_id: 'demo', mfa_token: waiting, challenge_type: 'oob', oob_channel: 'sms' },
  })
  assert.equal(asked.status, 200, asked.text)
  const newer = actions.calls.at(-1)
  assert.equal(newer?.program.trigger, 'custom-phone-provider')
  const { notification } = Object(newer?.call.event)
  assert.equal(notification.message_type, 'otp_verify')
  assert.equal(notification.delivery_method, 'text')
  const passed = await server.post('/oauth/token', {
    ...{ grant_type: grantTypes.oob, client_id: 'demo', mfa_token: waiting },
    ...{ oob_code: asked.body.oob_code, binding_code: notification.code },
  })
  assert.equal(passed.status, 200, passed.text)
})

test('a disabled provider offers no phone, and an enrolled phone counts all the same', async () => {
  const server = await mfaTenant()
  await enrolPhone(server, (await server.firstFactor(number)).body.mfa_token, second)
  const mine = (await server.firstFactor(number)).body.mfa_token
  const [provider] = (await server.manage('GET', '/branding/phone/providers')).body.providers
  await server.manage('PATCH', `/branding/phone/providers/${provider.id}`, { disabled: true })

  const asked = await server.post('/mfa/challenge', {
    ...{ client_id: 'demo', mfa_token: mine, challenge_type: 'oob' },
  })
  const list = await server.withToken('GET', '/mfa/authenticators', mine)
  const refused = await enrol(server, mine)

  assert.equal(asked.status, 401)
  assert.equal(asked.body.error, 'unsupported_challenge_type')
  assert.deepEqual(
    list.body.map(({ type }: { type: string }) => type),
    ['recovery-code'],
  )
  assert.equal(refused.status, 403, 'the phone still counts')
})

test('the message speaks the language of the request and knows the enrolment', async () => {
  const server = await mfaTenant()
  await server.manage('PATCH', '/tenants/settings', { enabled_locales: ['en', 'de'] })
  await server.manage('POST', '/branding/phone/templates', {
    type: 'otp_enroll',
    content: { body: { text: '{{ locale }} {{ flow }} {{ connection }} {{ code }}', voice: 'x' } },
  })
  const token = (await server.firstFactor(number)).body.mfa_token
  await server.request(
    'POST',
    '/mfa/associate',
    { authenticator_types: 'oob', oob_channels: 'sms', phone_number: second },
    { authorization: `Bearer ${token}`, 'x-request-language': 'de-CH' },
  )
  await server.settle()

  const text = server.carrier.requests.at(-1)?.form.get('Body') ?? ''
  assert.match(text, /^de mfa_enroll sms [0-9]{6}$/)
})
