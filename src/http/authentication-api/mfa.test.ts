import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enrolPhone, grantTypes, mfaTenant, sentCode } from '../../../test/mfa-tenant.ts'
import { totpCode } from '../../base/totp.ts'

const number = '+14155550137'
const second = '+14155550188'

test('the first factor answers mfa_required, signs nobody in and says what may be enrolled', async () => {
  const server = await mfaTenant()

  const { status, body } = await server.firstFactor(number)

  assert.equal(status, 403)
  assert.equal(body.error, 'mfa_required')
  assert.equal(body.error_description, 'Multifactor authentication required')
  assert.deepEqual(body.mfa_requirements, { enroll: [{ type: 'phone' }, { type: 'otp' }] })
  const [user] = (await server.manage('GET', '/users')).body
  const path = `/users/${encodeURIComponent(user.user_id)}/refresh-tokens`
  assert.deepEqual((await server.manage('GET', path)).body, { tokens: [] })
  assert.deepEqual(await server.logs(), ['cs', 'ss', 'mfar'])
})

test('a phone is enrolled by otp_enroll, finishes the sign-in, and brings one recovery code', async () => {
  const server = await mfaTenant()
  const { body } = await server.firstFactor(number)

  const { recoveryCode, tokens } = await enrolPhone(server, body.mfa_token, second)

  assert.match(recoveryCode, /^[A-Z0-9]{24}$/)
  assert.ok(tokens.access_token && tokens.id_token && tokens.refresh_token)
  assert.equal(tokens.scope, 'openid phone offline_access')
  const [message] = (await server.manage('GET', '/phone/messages?take=1')).body.messages
  assert.equal(message.message_type, 'otp_enroll')
  assert.equal(message.flow, 'mfa_enroll')
  assert.equal(message.recipient, 'XXXXXXXX0188')
  const logs = await server.logs()
  assert.deepEqual(logs.slice(0, 3), ['cs', 'ss', 'mfar'])
  assert.deepEqual(logs.slice(3).sort(), [
    'gd_auth_succeed',
    'gd_enrollment_complete',
    'gd_send_sms',
    'gd_start_enroll',
    's',
    'seoobft',
  ])
  const again = await server.post('/oauth/token', {
    ...{ grant_type: 'refresh_token', client_id: 'demo', refresh_token: tokens.refresh_token },
  })
  assert.equal(again.status, 200, again.text)
})

test('who is enrolled is challenged, by text and by call, and cannot enrol with the mfa_token', async () => {
  const server = await mfaTenant()
  const enrolled = await enrolPhone(
    server,
    (await server.firstFactor(number)).body.mfa_token,
    second,
  )
  assert.ok(enrolled.tokens.access_token)

  const { body } = await server.firstFactor(number)
  const token = body.mfa_token
  assert.deepEqual(body.mfa_requirements, {
    challenge: [{ type: 'phone' }, { type: 'recovery-code' }],
  })
  const refused = await server.withToken('POST', '/mfa/associate', token, {
    ...{ authenticator_types: ['oob'], oob_channels: ['sms'], phone_number: '+14155550199' },
  })
  assert.equal(refused.status, 403)
  assert.equal(refused.body.error_description, 'User is already enrolled.')

  const list = await server.withToken('GET', '/mfa/authenticators', token)
  const phones = list.body.filter(({ type }: { type: string }) => type === 'phone')
  assert.deepEqual(
    phones.map(({ id: _, ...rest }: { id: string }) => rest),
    ['sms', 'voice'].map((channel) => ({
      ...{ type: 'phone', authenticator_type: 'oob', oob_channel: channel },
      ...{ oob_channels: [channel], name: 'XXXXXXXX0188', active: true },
    })),
  )
  const ask = (more: object) =>
    server.post('/mfa/challenge', { client_id: 'demo', mfa_token: token, ...more })
  const text = await ask({ challenge_type: 'oob' })
  assert.deepEqual(Object.keys(text.body), ['challenge_type', 'oob_code', 'binding_method'])
  const textCode = sentCode(server)
  const call = await ask({ challenge_type: 'oob', authenticator_id: phones[1].id })
  assert.equal(call.status, 200, call.text)
  assert.ok(server.carrier.requests.at(-1)?.form.get('Twiml'), 'a call was made')

  const finish = (oob: string, code: string) =>
    server.post('/oauth/token', {
      ...{ grant_type: grantTypes.oob, client_id: 'demo', mfa_token: token },
      ...{ oob_code: oob, binding_code: code },
    })
  const old = await finish(text.body.oob_code, textCode)
  assert.equal(old.status, 403)
  assert.equal(old.body.error_description, 'Invalid binding_code.')
  const code = sentCode(server)
  const right = await finish(call.body.oob_code, `${code.slice(0, 3)} ${code.slice(3)}`)
  assert.equal(right.status, 200, right.text)
  const twice = await finish(call.body.oob_code, code)
  assert.equal(twice.body.error_description, 'Malformed mfa_token')
})

test('of many exchanges of one right code at once, one gets tokens', async () => {
  const server = await mfaTenant()
  const token = (await server.firstFactor(number)).body.mfa_token
  const { body } = await server.withToken('POST', '/mfa/associate', token, {
    ...{ authenticator_types: ['oob'], oob_channels: ['sms'], phone_number: second },
  })

  const answers = await Promise.all(
    Array.from({ length: 8 }, () =>
      server.post('/oauth/token', {
        ...{ grant_type: grantTypes.oob, client_id: 'demo', mfa_token: token },
        ...{ oob_code: body.oob_code, binding_code: sentCode(server) },
      }),
    ),
  )

  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
})

test('wrong values are told apart in the words that SDKs compare', async () => {
  const server = await mfaTenant()
  const mine = (await server.firstFactor(number)).body.mfa_token
  const other = (await server.firstFactor(second)).body.mfa_token
  const enrol = (token: string, phone: string) =>
    server.withToken('POST', '/mfa/associate', token, {
      ...{ authenticator_types: ['oob'], oob_channels: ['voice'], phone_number: phone },
    })
  const myCode = (await enrol(mine, '+14155550101')).body.oob_code
  const otherCode = (await enrol(other, '+14155550102')).body.oob_code
  const finish = async (more: object) => {
    const { status, body } = await server.post('/oauth/token', {
      ...{ grant_type: grantTypes.oob, client_id: 'demo', mfa_token: mine, oob_code: myCode },
      binding_code: '000000x',
      ...more,
    })
    return `${status} ${body.error}: ${body.error_description}`
  }

  assert.equal(await finish({}), '403 invalid_grant: Invalid binding_code.')
  assert.equal(await finish({ oob_code: 'nonsense' }), '403 invalid_grant: Malformed oob_code')
  assert.equal(
    await finish({ oob_code: otherCode }),
    "403 invalid_grant: The oob_code doesn't match the mfa_token",
  )
  assert.equal(await finish({ mfa_token: 'x' }), '403 invalid_grant: Malformed mfa_token')
  const { body: app } = await server.manage('POST', '/clients', {
    ...{ name: 'Other', app_type: 'native', token_endpoint_auth_method: 'none' },
    grant_types: Object.values(grantTypes),
  })
  assert.equal(
    await finish({ client_id: app.client_id }),
    '403 invalid_grant: mfa_token not issued to this client',
  )
  assert.equal(
    await finish({ binding_code: '' }),
    '400 invalid_request: Missing required parameter: binding_code',
  )
  server.clock.advance(301_000)
  assert.equal(await finish({}), '403 expired_token: oob_code is expired')
  server.clock.advance(300_000)
  assert.equal(await finish({}), '403 expired_token: mfa_token is expired')
})

test('ten wrong codes of a person are the end, for the right one too, until time has passed', async () => {
  const server = await mfaTenant()
  const token = (await server.firstFactor(number)).body.mfa_token
  const { body } = await server.withToken('POST', '/mfa/associate', token, {
    ...{ authenticator_types: ['oob'], oob_channels: ['sms'], phone_number: second },
  })
  const finish = (code: string) =>
    server.post('/oauth/token', {
      ...{ grant_type: grantTypes.oob, client_id: 'demo', mfa_token: token },
      ...{ oob_code: body.oob_code, binding_code: code },
    })

  await Promise.all(Array.from({ length: 12 }, () => finish('x')))
  const right = await finish(sentCode(server))

  assert.equal(right.status, 429)
  assert.equal(right.body.error, 'too_many_attempts')
  assert.equal(
    right.body.error_description,
    'Too many failed codes. Wait for some minutes before retrying.',
  )
  const logs = await server.logs()
  assert.equal(logs.filter((type) => type === 'gd_auth_failed').length, 10)
  assert.ok(logs.includes('gd_otp_rate_limit_exceed'))
})

test('a person gets ten messages, then none for an hour, whatever the way', async () => {
  const server = await mfaTenant()
  const token = (await server.firstFactor(number)).body.mfa_token
  const enrol = (channel: string) =>
    server.withToken('POST', '/mfa/associate', token, {
      ...{ authenticator_types: ['oob'], oob_channels: [channel], phone_number: second },
    })

  for (let index = 0; index < 10; index += 1) {
    assert.equal((await enrol(index % 2 === 0 ? 'sms' : 'voice')).status, 200)
  }
  const eleventh = await enrol('sms')

  assert.equal(eleventh.status, 429)
  assert.equal(eleventh.body.error, 'too_many_attempts')
  assert.equal(
    eleventh.body.error_description,
    'Too many SMS sent by the user. Wait for some minutes before retrying.',
  )
  assert.ok(Number(eleventh.headers['retry-after']) > 3000)
  assert.ok((await server.logs()).includes('gd_otp_rate_limit_exceed'))
})

test('a recovery code signs in once and is replaced by the one that comes with it', async () => {
  const server = await mfaTenant()
  const first = await enrolPhone(server, (await server.firstFactor(number)).body.mfa_token, second)
  const recover = async (code: string) =>
    server.post('/oauth/token', {
      ...{ grant_type: grantTypes.recovery, client_id: 'demo', recovery_code: code },
      mfa_token: (await server.firstFactor(number)).body.mfa_token,
    })

  const used = await recover(first.recoveryCode.toLowerCase())
  const again = await recover(first.recoveryCode)
  const next = await recover(used.body.recovery_code)

  assert.equal(used.status, 200, used.text)
  assert.match(used.body.recovery_code, /^[A-Z0-9]{24}$/)
  assert.equal(again.status, 403)
  assert.equal(again.body.error, 'invalid_grant')
  assert.equal(next.status, 200)
  const logs = await server.logs()
  for (const type of ['gd_recovery_succeed', 'sercft', 'gd_recovery_failed', 'fercft']) {
    assert.ok(logs.includes(type), type)
  }
})

test('an authenticator app is enrolled and signs in; each of its codes is good once', async () => {
  const server = await mfaTenant()
  const token = (await server.firstFactor(number)).body.mfa_token
  const { body: app } = await server.withToken('POST', '/mfa/associate', token, {
    authenticator_types: ['otp'],
  })
  const code = () => totpCode(app.secret, Math.floor(server.clock.now() / 30_000))
  const finish = (mfa_token: string, otp: string) =>
    server.post('/oauth/token', {
      ...{ grant_type: grantTypes.otp, client_id: 'demo', mfa_token, otp },
    })

  assert.match(app.barcode_uri, /^otpauth:\/\/totp\/.*secret=[A-Z2-7]{32}&issuer=/)
  const wrong = await finish(token, '000000x')
  assert.equal(wrong.body.error_description, 'Invalid otp_code.')
  assert.equal((await finish(token, code())).status, 200)

  const later = (await server.firstFactor(number)).body
  assert.deepEqual(later.mfa_requirements, {
    challenge: [{ type: 'otp' }, { type: 'recovery-code' }],
  })
  const asked = await server.post('/mfa/challenge', {
    ...{ client_id: 'demo', mfa_token: later.mfa_token, challenge_type: 'otp oob' },
  })
  assert.deepEqual(asked.body, { challenge_type: 'otp' })
  const phone = await server.post('/mfa/challenge', {
    ...{ client_id: 'demo', mfa_token: later.mfa_token, challenge_type: 'oob' },
  })
  assert.equal(phone.status, 401)
  assert.equal(phone.body.error, 'unsupported_challenge_type')
  assert.equal((await finish(later.mfa_token, code())).status, 403, 'used before')
  server.clock.advance(30_000)
  assert.equal((await finish(later.mfa_token, code())).status, 200)
})

test('with a token for the API of factors a second phone is added and a factor is removed', async () => {
  const server = await mfaTenant()
  const audience = `${server.tenant.url}/mfa/`
  const scope = 'enroll read:authenticators remove:authenticators'
  await enrolPhone(server, (await server.firstFactor(number)).body.mfa_token, second)
  const waiting = (await server.firstFactor(number, { audience, scope })).body.mfa_token
  const { body: sent } = await server.post('/mfa/challenge', {
    client_id: 'demo',
    mfa_token: waiting,
  })
  const { body: access } = await server.post('/oauth/token', {
    ...{ grant_type: grantTypes.oob, client_id: 'demo', mfa_token: waiting },
    ...{ oob_code: sent.oob_code, binding_code: sentCode(server) },
  })
  assert.equal(access.scope, scope)
  assert.equal(access.expires_in, 600)

  await enrolPhone(server, access.access_token, '+14155550199')
  const list = await server.withToken('GET', '/mfa/authenticators', access.access_token)
  const names = (items: { name?: string; oob_channel?: string }[]) =>
    items.filter((item) => item.oob_channel === 'sms').map((item) => item.name)
  assert.deepEqual(names(list.body).sort(), ['XXXXXXXX0188', 'XXXXXXXX0199'])
  const [gone] = list.body.filter(({ name }: { name?: string }) => name === 'XXXXXXXX0188')
  const path = `/mfa/authenticators/${encodeURIComponent(gone.id)}`

  const other = (await server.firstFactor(number)).body.mfa_token
  assert.equal((await server.withToken('DELETE', path, other)).status, 401)
  const removed = await server.withToken('DELETE', path, access.access_token)
  assert.equal(removed.status, 204, removed.text)
  assert.equal((await server.withToken('DELETE', path, access.access_token)).status, 404)
  const left = await server.withToken('GET', '/mfa/authenticators', access.access_token)
  assert.deepEqual(names(left.body), ['XXXXXXXX0199'])
})

test('what the provider does not offer is offered to nobody', async () => {
  const server = await mfaTenant({ factors: { sms: true } })
  const [provider] = (await server.manage('GET', '/branding/phone/providers')).body.providers
  const token = (await server.firstFactor(number)).body.mfa_token
  await server.manage('PATCH', `/branding/phone/providers/${provider.id}`, {
    configuration: { ...provider.configuration, delivery_methods: ['text'] },
  })
  const enrol = (channel: string) =>
    server.withToken('POST', '/mfa/associate', token, {
      ...{ authenticator_types: ['oob'], oob_channels: [channel], phone_number: second },
    })

  const call = await enrol('voice')
  await enrolPhone(server, token, second)
  const list = await server.withToken(
    'GET',
    '/mfa/authenticators',
    (await server.firstFactor(number)).body.mfa_token,
  )

  assert.equal(call.status, 400)
  assert.deepEqual(
    list.body.map(({ oob_channel }: { oob_channel: string }) => oob_channel),
    ['sms'],
  )
})

test('without a policy nobody is asked, and without a factor a policy asks nobody', async () => {
  const never = await mfaTenant({ policies: [] })
  const nothing = await mfaTenant({ factors: {} })
  const confidence = await mfaTenant({ policies: ['confidence-score'] })

  assert.equal((await never.firstFactor(number)).status, 200)
  assert.equal((await nothing.firstFactor(number)).status, 200)
  assert.equal((await confidence.firstFactor(number)).body.error, 'mfa_required')
})

test("an administrator's reset lets a person enrol anew; a blocked person gets no further", async () => {
  const server = await mfaTenant()
  await enrolPhone(server, (await server.firstFactor(number)).body.mfa_token, second)
  const [user] = (await server.manage('GET', '/users')).body
  const path = `/users/${encodeURIComponent(user.user_id)}`

  await server.manage('DELETE', `${path}/authenticators`)
  const { body } = await server.firstFactor(number)
  assert.ok(body.mfa_requirements.enroll)
  await server.manage('PATCH', path, { blocked: true })
  const refused = await server.withToken('POST', '/mfa/associate', body.mfa_token, {
    ...{ authenticator_types: ['oob'], oob_channels: ['sms'], phone_number: second },
  })

  assert.equal(refused.status, 403)
  assert.equal(refused.body.error_description, 'user is blocked')
})
