import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestBrowser } from './browser-jar.ts'
import {
  actionsOf,
  errorsOf,
  type MfaPages,
  mfaPages,
  own,
  screenOf,
  second,
  third,
} from './mfa-pages.ts'
import { sentCode } from './mfa-tenant.ts'

/** A link for a person, as an administrator makes it; its path. */
async function ticketFor({ server }: MfaPages, user_id: string, more: object = {}) {
  const { body, status, text } = await server.manage('POST', '/guardian/enrollments/ticket', {
    ...{ user_id, ...more },
  })
  assert.equal(status, 200, text)
  return String(body.ticket_url).slice(server.tenant.url.length)
}

async function newPerson({ server }: MfaPages): Promise<string> {
  const { body } = await server.manage('POST', '/users', { connection: 'sms', phone_number: own })
  return body.user_id
}

/** Follows a ticket to the code of a phone. */
async function toCode(browser: TestBrowser, path: string, phone: string) {
  let page = await browser.visit(path)
  if (actionsOf(page).includes('phone')) page = await browser.submit(page, { action: 'phone' })
  return browser.submit(page, { action: 'default', country: 'US', phone, type: 'sms' })
}

for (const engine of ['pglite', 'postgres'] as const) {
  test(`${engine}: a ticket enrols a phone without a sign-in, once, and the person signs in by it`, async () => {
    const pages = await mfaPages({}, { engine })
    const person = await newPerson(pages)
    const path = await ticketFor(pages, person)
    const browser = pages.browser()
    const code = await toCode(browser, path, second)
    assert.equal(screenOf(code), 'mfa-sms-challenge')
    const before = pages.sent()
    assert.equal(screenOf(await browser.visit(path)), 'mfa-sms-challenge', 'the link once more')
    assert.equal(pages.sent(), before)
    const wrong = await browser.submit(code, { action: 'default', code: '000' })
    assert.deepEqual(errorsOf(wrong), ['The code has 6 digits.'])
    const kept = await browser.submit(code, { action: 'default', code: sentCode(pages.server) })
    assert.equal(screenOf(kept), 'mfa-recovery-code-enrollment')
    const { next } = await pages.keepCode(browser, kept)
    assert.equal(screenOf(next), 'mfa-enroll-result')
    assert.match(next.text, /Your phone was added/)
    assert.equal(browser.cookies.has('__Host-auth0'), false, 'nobody is signed in by it')

    const used = await pages.browser().visit(path)
    assert.equal(used.status, 400)
    assert.match(used.text, /This link was already used/)
    assert.equal(screenOf(await pages.firstFactor(pages.browser())), 'mfa-phone-challenge')
    const logs = await pages.server.logs()
    assert.ok(logs.includes('gd_enrollment_complete'))
  })

  test(`${engine}: one ticket in two browsers adds one phone`, async () => {
    const pages = await mfaPages({}, { engine })
    const person = await newPerson(pages)
    await pages.keepCode(
      pages.browser(),
      await pages.enrol(pages.browser()).catch(() => assert.fail()),
    )
    const path = await ticketFor(pages, person, { allow_multiple_enrollments: true })
    const [one, two] = [pages.browser(), pages.browser()]
    const first = await toCode(one, path, third)
    const later = await toCode(two, path, '+14155550177')
    const form = { action: 'default', code: sentCode(pages.server) }

    const end = await two.submit(later, form)

    assert.match(end.text, /Your phone was added/)
    const state = /name="state" value="([^"]+)"/.exec(later.text)?.[1] ?? ''
    const again = await two.send('POST', '/u/mfa-sms-challenge', { state, ...form })
    assert.equal(again.location, `/u/mfa?state=${state}`, 'the same form once more leads on')
    const late = await one.submit(first, form)
    assert.match(late.text, /This link was already used/)
  })
}

test('a second phone comes by a ticket, and at the sign-in the person picks one of both', async () => {
  const pages = await mfaPages({ types: ['sms'] })
  const browser = pages.browser()
  await pages.keepCode(browser, await pages.enrol(browser))
  const person = await pages.person()
  const none = await browser.visit(await ticketFor(pages, person))
  assert.match(none.text, /A phone is already set up/)

  pages.server.clock.advance(1000)
  const path = await ticketFor(pages, person, { allow_multiple_enrollments: true, factor: 'phone' })
  const same = await toCode(browser, path, second)
  assert.deepEqual(errorsOf(same), ['This number is set up already.'])
  const code = await browser.submit(same, { action: 'default', country: 'US', phone: third })
  const end = await browser.submit(code, { action: 'default', code: sentCode(pages.server) })
  assert.equal(screenOf(end), 'mfa-enroll-result', 'there is a recovery code already')

  const asked = await pages.firstFactor(browser)
  assert.equal(screenOf(asked), 'mfa-sms-challenge')
  assert.match(asked.text, /••• 0199/, 'the one used last')
  const list = await browser.submit(asked, { action: 'pick-phone' })
  assert.equal(screenOf(list), 'mfa-sms-list')
  assert.match(list.text, /Number ending in 0188/)
  const [, older = ''] = actionsOf(list)
  assert.equal(screenOf(await browser.submit(list, { action: 'back' })), 'mfa-sms-challenge')
  const sent = await browser.submit(list, { action: older })
  assert.match(sent.text, /••• 0188/)
  assert.equal(pages.server.carrier.requests.at(-1)?.form.get('To'), second)
  await pages.tokens(
    await browser.submit(sent, { action: 'default', code: sentCode(pages.server) }),
  )
})

test('of two phones one is picked before the way to reach it is', async () => {
  const pages = await mfaPages()
  const browser = pages.browser()
  await pages.keepCode(browser, await pages.enrol(browser))
  const path = await ticketFor(pages, await pages.person(), {
    ...{ allow_multiple_enrollments: true, factor: 'phone' },
  })
  pages.server.clock.advance(1000)
  const code = await toCode(browser, path, third)
  await browser.submit(code, { action: 'default', code: sentCode(pages.server) })
  const before = pages.sent()

  const choice = await pages.firstFactor(browser)
  const list = await browser.submit(choice, { action: 'pick-phone' })
  const [, older = ''] = actionsOf(list)
  const again = await browser.submit(list, { action: older })
  assert.equal(screenOf(again), 'mfa-phone-challenge')
  assert.match(again.text, /••• 0188/)
  assert.equal(pages.sent(), before + 1, 'the first factor only')
  const call = await browser.submit(again, { action: 'default', type: 'voice' })
  assert.equal(pages.server.carrier.requests.at(-1)?.form.get('To'), second)
  await pages.tokens(
    await browser.submit(call, { action: 'default', code: sentCode(pages.server) }),
  )
})

test('a ticket that is unknown, too old or of a factor that is not here says so', async () => {
  const pages = await mfaPages()
  const person = await newPerson(pages)
  const browser = pages.browser()
  const unknown = await browser.visit('/mfa/enrollment?ticket=nothing')
  assert.match(unknown.text, /This link is not valid/)
  assert.match((await browser.visit('/mfa/enrollment')).text, /This link is not valid/)
  const email = await browser.visit(await ticketFor(pages, person, { factor: 'email' }))
  assert.equal(screenOf(email), 'status')
  const path = await ticketFor(pages, person, { factor: 'otp' })
  const page = await browser.visit(path)
  assert.equal(screenOf(page), 'mfa-otp-enrollment-qr', 'there is nothing to choose')

  const state = /name="state" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const stranger = await pages.browser().visit(`/u/mfa-otp-enrollment-qr?state=${state}`)
  assert.equal(screenOf(stranger), 'status')
  const foreign = await browser.send(
    'POST',
    '/u/mfa-otp-enrollment-qr',
    { state, action: 'default', code: '123456' },
    { origin: 'https://evil.test' },
  )
  assert.equal(screenOf(foreign), 'status')
  const result = await browser.visit(`/u/mfa-enroll-result?state=${state}`)
  assert.match(result.text, /This link is not valid/, 'it has not ended yet')

  pages.server.clock.advance(6 * 86_400_000)
  assert.match((await browser.visit(path)).text, /This link has expired/)
  assert.match((await browser.submit(page, { action: 'default' })).text, /This link has expired/)
})
