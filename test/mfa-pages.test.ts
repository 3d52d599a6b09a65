import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { totpCode } from '../src/base/totp.ts'
import { changeTenantDocument } from '../src/domain/tenant-documents.ts'
import { fakeActions } from './fake-actions.ts'
import { bindHooks, deployHook } from './legacy-mfa-tenant.ts'
import { answerOf, codeRequest } from './login-app.ts'
import { actionsOf, errorsOf, mfaPages, own, screenOf, second, third } from './mfa-pages.ts'
import { sentCode } from './mfa-tenant.ts'

const wrongCode = (code: string) => (code === '000000' ? '111111' : '000000')

for (const engine of ['pglite', 'postgres'] as const) {
  test(`${engine}: a person enrols by text, keeps the recovery code, and signs in by text and by call`, async () => {
    const pages = await mfaPages({}, { engine })
    const { server } = pages
    const browser = pages.browser()

    const code = await pages.enrol(browser)
    assert.equal(screenOf(code), 'mfa-recovery-code-enrollment')
    const missed = await browser.submit(code, { action: 'default' })
    assert.equal(missed.status, 400)
    assert.deepEqual(errorsOf(missed), ['Confirm that you have kept the code.'])
    const { recoveryCode, next } = await pages.keepCode(browser, missed)
    assert.match(recoveryCode, /^([A-Z0-9]{4} ){5}[A-Z0-9]{4}$/)
    const claims = decodeJwt((await pages.tokens(next)).id_token)
    assert.deepEqual(claims.amr, ['mfa'])
    assert.equal(claims.acr, 'http://schemas.openid.net/pape/policies/2007/06/multi-factor')
    assert.deepEqual(await server.logs(), [
      ...['cs', 'ss', 'mfar', 'gd_start_enroll', 'gd_send_sms'],
      ...['gd_enrollment_complete', 'gd_auth_succeed', 's', 'seacft'],
    ])

    const choice = await pages.firstFactor(browser)
    assert.equal(screenOf(choice), 'mfa-phone-challenge')
    assert.match(choice.text, /\+1 ••• ••• 0188/)
    assert.equal(choice.text.includes('4155550188'), false)
    const before = pages.sent()
    const text = await browser.submit(choice, { action: 'default', type: 'sms' })
    assert.equal(screenOf(text), 'mfa-sms-challenge')
    assert.equal(pages.sent(), before + 1)
    assert.ok(server.carrier.requests.at(-1)?.form.get('Body'))
    const bySms = sentCode(server)
    const call = await browser.submit(text, { action: 'get-a-call' })
    assert.equal(screenOf(call), 'mfa-voice-challenge')
    assert.ok(server.carrier.requests.at(-1)?.form.get('Twiml'))
    const old = await browser.submit(call, { action: 'default', code: bySms })
    assert.deepEqual(errorsOf(old), ['This code is wrong or too old.'])
    const back = await browser.submit(old, { action: 'switch-sms' })
    assert.equal(screenOf(back), 'mfa-sms-challenge')
    const end = await browser.submit(back, { action: 'default', code: sentCode(server) })
    assert.deepEqual(decodeJwt((await pages.tokens(end)).id_token).amr, ['mfa'])
    assert.equal(pages.sent(), before + 3)
  })

  test(`${engine}: of two posts of one right code both lead on, and one code is handed out`, async () => {
    const pages = await mfaPages({}, { engine })
    const browser = pages.browser()
    await pages.keepCode(browser, await pages.enrol(browser))
    const choice = await pages.firstFactor(browser)
    const page = await browser.submit(choice, { action: 'default', type: 'sms' })
    const form = { action: 'default', code: sentCode(pages.server) }

    const state = /name="state" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const post = () => browser.send('POST', '/u/mfa-sms-challenge', { state, ...form })
    const [one, two] = await Promise.all([post(), post()])

    assert.deepEqual([one.status, two.status], [303, 303])
    const ways = [one, two].map(({ location = '' }) => location.split('?')[0]).sort()
    assert.match(ways.join(' '), /\/authorize\/\S+/)
    const ends = []
    for (const { location = '' } of [one, two]) ends.push(await browser.visit(location))
    const codes = ends.filter((end) => end.location?.includes('code='))
    assert.equal(codes.length, 1, ends.map(({ status, text }) => `${status} ${text}`).join('\n'))
    const logs = (await pages.server.logs()).filter((type) => type === 'gd_auth_succeed')
    assert.equal(logs.length, 2, 'the enrolment and this one')
  })

  test(`${engine}: many requests that want a code at once send one`, async () => {
    const pages = await mfaPages({ types: ['sms'] }, { engine })
    const browser = pages.browser()
    await pages.keepCode(browser, await pages.enrol(browser))
    const before = pages.sent()
    const login = await browser.visit(codeRequest(pages.clientId, { prompt: 'login' }))
    const page = await browser.submit(login, { action: 'default', country: 'US', phone: own })
    const state = /name="state" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const code = await pages.server.newestCode()
    await browser.send('POST', '/u/login-passwordless-sms-otp', { state, action: 'default', code })

    const ask = () => browser.visit(`/u/mfa?state=${state}`)
    const screens = (await Promise.all([ask(), ask(), ask(), ask()])).map(screenOf)

    assert.deepEqual(screens, Array(4).fill('mfa-sms-challenge'))
    await ask()
    assert.equal(pages.sent(), before + 2, 'one of the first factor, one of the second')
  })

  test(`${engine}: a lost phone: the recovery code is good once, and another one is shown`, async () => {
    const pages = await mfaPages({}, { engine })
    const browser = pages.browser()
    const { recoveryCode } = await pages.keepCode(browser, await pages.enrol(browser))

    const list = await browser.submit(await pages.firstFactor(browser), {
      action: 'pick-authenticator',
    })
    assert.equal(screenOf(list), 'mfa-login-options')
    const field = await browser.submit(list, { action: 'recovery-code' })
    assert.equal(screenOf(field), 'mfa-recovery-code-challenge')
    const short = await browser.submit(field, { action: 'default', code: 'ABC' })
    assert.deepEqual(errorsOf(short), ['A recovery code has 24 letters and digits.'])
    const fresh = await browser.submit(short, {
      ...{ action: 'default', code: recoveryCode.toLowerCase() },
    })
    assert.equal(screenOf(fresh), 'mfa-recovery-code-challenge-new-code')
    const { recoveryCode: next, next: end } = await pages.keepCode(browser, fresh)
    assert.notEqual(next, recoveryCode)
    await pages.tokens(end)

    const again = await browser.submit(
      await browser.submit(
        await browser.submit(await pages.firstFactor(browser), { action: 'pick-authenticator' }),
        { action: 'recovery-code' },
      ),
      { action: 'default', code: recoveryCode },
    )
    assert.deepEqual(errorsOf(again), ['This recovery code is wrong or was used.'])
    const good = await browser.submit(again, { action: 'default', code: next })
    assert.equal(screenOf(good), 'mfa-recovery-code-challenge-new-code')
    assert.ok((await pages.server.logs()).includes('gd_recovery_failed'))
  })

  test(`${engine}: ten wrong codes are counted over all logins, and the right one is refused then`, async () => {
    const pages = await mfaPages({}, { engine })
    const browser = pages.browser()
    await pages.keepCode(browser, await pages.enrol(browser))
    const begin = async () =>
      browser.submit(await pages.firstFactor(browser), { action: 'default', type: 'sms' })
    let page = await begin()
    for (let count = 0; count < 6; count += 1) {
      page = await browser.submit(page, {
        action: 'default',
        code: wrongCode(sentCode(pages.server)),
      })
      assert.deepEqual(errorsOf(page), ['This code is wrong or too old.'])
      assert.equal(page.status, 400)
    }
    page = await begin()
    for (let count = 0; count < 4; count += 1) {
      page = await browser.submit(page, {
        action: 'default',
        code: wrongCode(sentCode(pages.server)),
      })
    }
    const refused = await browser.submit(page, { action: 'default', code: sentCode(pages.server) })
    assert.equal(refused.status, 429)
    assert.match(errorsOf(refused).join(), /Too many wrong codes/)
    assert.ok((await pages.server.logs()).includes('gd_otp_rate_limit_exceed'))

    await pages.server.manage('DELETE', `/user-blocks/${encodeURIComponent(await pages.person())}`)
    const end = await browser.submit(refused, { action: 'default', code: sentCode(pages.server) })
    await pages.tokens(end)
  })
}

test('an administrator takes the factors away: the person enrols anew, in a remembered browser too', async () => {
  const pages = await mfaPages()
  const browser = pages.browser()
  await pages.keepCode(browser, await pages.enrol(browser))
  const page = await browser.submit(await pages.firstFactor(browser), {
    ...{ action: 'default', type: 'sms' },
  })
  await browser.submit(page, {
    ...{ action: 'default', code: sentCode(pages.server), rememberDevice: 'true' },
  })
  const id = encodeURIComponent(await pages.person())

  await pages.server.manage('DELETE', `/users/${id}/authenticators`)

  const next = await pages.enrol(browser, third)
  assert.equal(screenOf(next), 'mfa-recovery-code-enrollment')
})

test('a browser that was remembered is not asked for thirty days, and no other is', async () => {
  const pages = await mfaPages()
  const browser = pages.browser()
  await pages.keepCode(browser, await pages.enrol(browser))
  const page = await browser.submit(await pages.firstFactor(browser), {
    ...{ action: 'default', type: 'sms' },
  })
  assert.match(page.text, /Remember this device for 30 days/)
  const wrong = await browser.submit(page, {
    ...{ action: 'default', code: wrongCode(sentCode(pages.server)), rememberDevice: 'true' },
  })
  assert.match(wrong.text, /name="rememberDevice" value="true" checked/)
  assert.equal(browser.cookies.has('__Host-auth0_mf'), false)
  await browser.submit(wrong, {
    ...{ action: 'default', code: sentCode(pages.server), rememberDevice: 'true' },
  })
  assert.ok(browser.cookies.has('__Host-auth0_mf'))

  const straight = await pages.firstFactor(browser)
  assert.equal(decodeJwt((await pages.tokens(straight)).id_token).amr, undefined)
  assert.equal(screenOf(await pages.firstFactor(pages.browser())), 'mfa-phone-challenge')
  const wanted = await pages.firstFactor(browser, {
    acr_values: 'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
  })
  assert.equal(screenOf(wanted), 'mfa-phone-challenge', 'the application wants it now')
  const asked = await browser.submit(wanted, { action: 'default', type: 'sms' })
  assert.equal(asked.text.includes('rememberDevice'), false, 'it would not be believed')

  pages.server.clock.advance(31 * 86_400_000)
  assert.equal(screenOf(await pages.firstFactor(browser)), 'mfa-phone-challenge')
})

test('numbers are checked, corrected and typed as people write them', async () => {
  const pages = await mfaPages({ factors: { sms: true }, types: ['sms'] })
  const { server } = pages
  await server.manage('PATCH', '/tenants/settings', {
    country_codes: { list: ['US', 'DE'], mode: 'allow' },
  })
  const browser = pages.browser()
  const first = await pages.firstFactor(browser)
  assert.equal(screenOf(first), 'mfa-sms-enrollment')
  assert.deepEqual(actionsOf(first), ['default'], 'there is nothing else to try')
  assert.equal(first.text.includes('value="FR"'), false)
  for (const [phone, words] of [
    ['', 'Enter your phone number.'],
    ['12', 'This does not look like a phone number.'],
    ['+33612345678', 'Numbers of this country cannot be used here.'],
  ] as const) {
    const page = await browser.submit(first, { action: 'default', country: 'US', phone })
    assert.deepEqual(errorsOf(page), [words])
    assert.equal(page.status, 400)
  }
  const sent = await browser.submit(first, {
    action: 'default',
    country: 'DE',
    phone: '0171 1234567',
  })
  assert.equal(screenOf(sent), 'mfa-sms-challenge')
  assert.match(sent.text, /\+49 171 1234567/)
  assert.deepEqual(actionsOf(sent), ['edit', 'default', 'resend-code'])
  const again = await browser.submit(sent, { action: 'edit' })
  assert.match(again.text, /value="\+491711234567"/)
  const other = await browser.submit(again, { action: 'default', country: 'US', phone: second })
  const end = await browser.submit(other, { action: 'default', code: sentCode(server) })
  await pages.tokens(end)
  const { body } = await server.manage(
    'GET',
    `/users/${encodeURIComponent(await pages.person())}/authentication-methods`,
  )
  assert.deepEqual(
    body.map(({ phone_number }: { phone_number: string }) => phone_number),
    [second],
  )
})

test('what the provider does not deliver is offered nowhere, from the moment that it does not', async () => {
  const pages = await mfaPages({ factors: { sms: true, 'recovery-code': true } })
  const { server } = pages
  const browser = pages.browser()
  const methods = async (...delivery_methods: string[]) => {
    const [provider] = (await server.manage('GET', '/branding/phone/providers')).body.providers
    const { status, text } = await server.manage(
      'PATCH',
      `/branding/phone/providers/${provider.id}`,
      {
        configuration: { ...provider.configuration, delivery_methods },
      },
    )
    assert.equal(status, 200, text)
  }
  assert.equal(screenOf(await pages.firstFactor(browser)), 'mfa-phone-enrollment')
  await changeTypes(server, ['voice'])
  const byCall = await pages.firstFactor(browser)
  assert.equal(screenOf(byCall), 'mfa-voice-enrollment')
  await changeTypes(server, ['sms', 'voice'])
  await pages.keepCode(browser, await pages.enrol(browser))
  const page = await browser.submit(await pages.firstFactor(browser), {
    ...{ action: 'default', type: 'sms' },
  })
  assert.ok(actionsOf(page).includes('get-a-call'))

  await changeTypes(server, ['sms'])
  await methods('text')
  const reloaded = await browser.visit(`/u/mfa-sms-challenge?state=${stateOf(page)}`)
  assert.equal(actionsOf(reloaded).includes('get-a-call'), false)
  const before = pages.sent()
  assert.equal(screenOf(await browser.submit(page, { action: 'get-a-call' })), 'mfa-sms-challenge')
  assert.equal(pages.sent(), before, 'nobody is called')
  const list = await browser.submit(page, { action: 'pick-authenticator' })
  assert.deepEqual(
    actionsOf(list).map((action) => action.split(':')[0]),
    ['sms', 'recovery-code', 'back'],
  )
  assert.equal(
    screenOf(await pages.firstFactor(browser)),
    'mfa-sms-challenge',
    'one way: it is sent',
  )
})

test('while nothing can be delivered nobody gets past, and the page says so', async () => {
  const pages = await mfaPages({ factors: { sms: true } })
  const browser = pages.browser()
  assert.equal(answerOf(await pages.enrol(browser)).has('code'), true)
  const [provider] = (await pages.server.manage('GET', '/branding/phone/providers')).body.providers
  const page = await browser.visit(codeRequest(pages.clientId, { prompt: 'login' }))
  const asked = await browser.submit(page, { action: 'default', country: 'US', phone: own })
  const code = await pages.server.newestCode()
  await pages.server.manage('PATCH', `/branding/phone/providers/${provider.id}`, { disabled: true })

  const stuck = await browser.submit(asked, { action: 'default', code })

  assert.equal(screenOf(stuck), 'status')
  assert.match(stuck.text, /Your second step cannot be checked right now/)
  const silent = await browser.visit(codeRequest(pages.clientId, { prompt: 'none' }))
  assert.ok(answerOf(silent).has('code'), 'the session from before is still good')
})

test('no page lets anybody past the second factor', async () => {
  const pages = await mfaPages()
  const browser = pages.browser()
  await pages.keepCode(browser, await pages.enrol(browser))
  const thief = pages.browser()
  const page = await pages.firstFactor(thief)
  const state = stateOf(page)

  for (const screen of [
    ...['mfa-recovery-code-enrollment', 'mfa-recovery-code-challenge-new-code'],
    ...['mfa-phone-enrollment', 'mfa-sms-enrollment', 'mfa-begin-enroll-options'],
    ...['mfa-otp-enrollment-qr', 'mfa-otp-challenge', 'mfa-sms-list', 'mfa-sms-challenge'],
  ]) {
    const form = { state, action: 'default', confirmed: 'true', phone: third, country: 'US' }
    // Ten forms in two minutes are allowed.
    pages.server.clock.advance(30_000)
    const posted = await thief.send('POST', `/u/${screen}`, form)
    assert.equal(posted.location, `/u/mfa?state=${state}`, screen)
    const asked = await thief.visit(`/u/${screen}?state=${state}`)
    assert.equal(screenOf(asked), 'mfa-phone-challenge', screen)
  }
  const silent = await thief.visit(codeRequest(pages.clientId, { prompt: 'none' }))
  assert.equal(answerOf(silent).get('error'), 'login_required')
  const stranger = await pages.browser().visit(`/u/mfa?state=${state}`)
  assert.match(stranger.text, /opened in another browser/)
  const foreign = await thief.send(
    'POST',
    '/u/mfa-phone-challenge',
    { state, action: 'default', type: 'sms' },
    { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
  )
  assert.equal(screenOf(foreign), 'status')
  for (const header of ['content-security-policy', 'cache-control', 'x-frame-options']) {
    assert.ok(page.headers[header], header)
  }
  assert.equal(page.headers['cache-control'], 'no-store')
  assert.match(String(page.headers['content-security-policy']), /script-src 'self'/)
})

test('an authenticator app is enrolled by its picture or its key, and signs in', async () => {
  const pages = await mfaPages()
  const { clock } = pages.server
  const browser = pages.browser()
  const code = (secret: string) => totpCode(secret, Math.floor(clock.now() / 30_000))
  const page = await browser.submit(await pages.firstFactor(browser), { action: 'otp' })
  assert.equal(screenOf(page), 'mfa-otp-enrollment-qr')
  assert.match(page.text, /<svg class="qr" role="img" aria-label="QR code for the app"/)
  const secret = /class="secret key"[^>]*>([^<]+)</.exec(page.text)?.[1]?.replaceAll(' ', '') ?? ''
  const wrong = await browser.submit(page, { action: 'default', code: wrongCode(code(secret)) })
  assert.deepEqual(errorsOf(wrong), ['This code is wrong or too old.'])
  const kept = await browser.submit(wrong, { action: 'default', code: code(secret) })
  const { next } = await pages.keepCode(browser, kept)
  await pages.tokens(next)

  clock.advance(60_000)
  const asked = await pages.firstFactor(browser)
  assert.equal(screenOf(asked), 'mfa-otp-challenge')
  assert.deepEqual(actionsOf(asked), ['default', 'pick-authenticator'])
  const end = await browser.submit(asked, { action: 'default', code: code(secret) })
  assert.deepEqual(decodeJwt((await pages.tokens(end)).id_token).amr, ['mfa'])
})

test("a tenant's Action sends the codes of the pages: of the older trigger before the switch, of the newer after it", async () => {
  const actions = fakeActions()
  const pages = await mfaPages({}, { provider: 'none', actions })
  const { server } = pages
  const tenant = await server.app.tenants.byId(server.tenant.name)
  assert.ok(tenant)
  await changeTenantDocument(server.app.deps, tenant, 'guardian-phone', () => ({
    ...{ message_types: ['sms', 'voice'], provider: 'phone-message-hook' },
  }))
  const switchTo = (phone_consolidated_experience: boolean) =>
    server.manage('PATCH', '/tenants/settings', { phone_consolidated_experience })
  const browser = pages.browser()
  const first = await pages.firstFactor(browser)
  await switchTo(false)
  await deployHook(server, 'Older')
  await bindHooks(server, 'Older')

  const form = await browser.submit(first, { action: 'phone' })
  const sent = await browser.submit(form, {
    ...{ action: 'default', country: 'US', phone: second, type: 'voice' },
  })
  assert.equal(screenOf(sent), 'mfa-voice-challenge', sent.text)
  assert.match(sent.text, /data-delivery="sent"/)
  const older = actions.calls.at(-1)
  assert.equal(older?.program.trigger, 'send-phone-message')
  const { message_options } = Object(older?.call.event)
  assert.equal(message_options.message_type, 'voice')
  assert.equal(message_options.recipient, second)
  const kept = await browser.submit(sent, { action: 'default', code: message_options.code })
  await pages.keepCode(browser, kept)

  await switchTo(true)
  const { body: action } = await server.manage('POST', '/actions/actions', {
    name: 'Newer',
    supported_triggers: [{ id: 'custom-phone-provider', version: 'v1' }],
    code: 'exports.onExecuteCustomPhoneProvider = async () => {}',
  })
  await server.settle()
  await server.manage('POST', `/actions/actions/${action.id}/deploy`)
  await server.manage('POST', '/branding/phone/providers', {
    ...{ name: 'custom', configuration: { delivery_methods: ['text', 'voice'] }, credentials: {} },
  })
  const notification = () => Object(actions.calls.at(-1)?.call.event).notification
  const login = await browser.visit(codeRequest(pages.clientId, { prompt: 'login' }))
  const asked = await browser.submit(login, { action: 'default', country: 'US', phone: own })
  const choice = await browser.submit(asked, { action: 'default', code: notification().code })
  assert.equal(screenOf(choice), 'mfa-phone-challenge', choice.text)
  const page = await browser.submit(choice, { action: 'default', type: 'sms' })
  assert.equal(actions.calls.at(-1)?.program.trigger, 'custom-phone-provider')
  assert.equal(notification().message_type, 'otp_verify')
  assert.equal(notification().delivery_method, 'text')
  await pages.tokens(await browser.submit(page, { action: 'default', code: notification().code }))

  const id = encodeURIComponent(await pages.person())
  await server.manage('DELETE', `/users/${id}/authenticators`)
  const anew = await browser.visit(codeRequest(pages.clientId, { prompt: 'login' }))
  const again = await browser.submit(anew, { action: 'default', country: 'US', phone: own })
  const options = await browser.submit(again, { action: 'default', code: notification().code })
  const number = await browser.submit(options, { action: 'phone' })
  const enrolled = await browser.submit(number, {
    ...{ action: 'default', country: 'US', phone: third, type: 'sms' },
  })
  assert.equal(screenOf(enrolled), 'mfa-sms-challenge')
  assert.equal(notification().message_type, 'otp_enroll')
})

const stateOf = (page: { text: string }) =>
  /name="state" value="([^"]+)"/.exec(page.text)?.[1] ?? ''

async function changeTypes(
  server: Parameters<typeof sentCode>[0],
  message_types: string[],
): Promise<void> {
  const { status, text } = await server.manage('PUT', '/guardian/factors/phone/message-types', {
    message_types,
  })
  assert.equal(status, 200, text)
}
