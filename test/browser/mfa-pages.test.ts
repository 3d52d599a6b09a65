import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Locator, Page } from 'playwright-core'
import { totpCode } from '../../src/base/totp.ts'
import { faultsOf } from './accessibility.ts'
import { type HostedLogin, startHostedLogin } from './hosted-login.ts'
import { desk, openTabs, phone } from './open-page.ts'

/** Every page of a second factor, walked through by the keyboard alone, with script and without. */

const pictures = fileURLToPath(new URL('pictures/', import.meta.url))

let hosted: HostedLogin
before(async () => {
  mkdirSync(pictures, { recursive: true })
  hosted = await startHostedLogin()
  await hosted.manage('PATCH', '/tenants/settings', { enabled_locales: ['en', 'de', 'ar'] })
  // One machine and one carrier number stand for many people here.
  const none = { number: null, address: null, application: null, country: null, tenant: null }
  await hosted.manage('PATCH', '/phone/protection', none)
  for (const factor of ['sms', 'otp', 'recovery-code']) {
    await hosted.manage('PUT', `/guardian/factors/${factor}`, { enabled: true })
  }
  await hosted.manage('PUT', '/guardian/policies', ['all-applications'] as unknown as object)
})
after(() => hosted.close())

const channels = (...message_types: string[]) =>
  hosted.manage('PUT', '/guardian/factors/phone/message-types', { message_types })

async function tabTo(page: Page, target: Locator): Promise<void> {
  const hasFocus = () => target.evaluate((element) => element.matches(':focus'))
  for (let presses = 0; presses < 40; presses += 1) {
    if (await hasFocus()) return
    await page.keyboard.press('Tab')
  }
  assert.fail('the element cannot be reached by the Tab key')
}

/** Uses a button as somebody without a mouse does. */
async function press(page: Page, action: string): Promise<void> {
  await tabTo(page, page.locator(`button[value^="${action}"]`).first())
  await page.keyboard.press('Enter')
}

async function type(page: Page, name: string, value: string): Promise<void> {
  await tabTo(page, page.locator(`[name="${name}"]`))
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.type(value)
  await page.keyboard.press('Enter')
}

async function tick(page: Page, name: string): Promise<void> {
  await tabTo(page, page.locator(`[name="${name}"]`))
  await page.keyboard.press('Space')
}

const at = (page: Page, screen: string) => page.locator(`[data-screen="${screen}"]`).waitFor()
const isWrong = (page: Page, name: string) =>
  page.locator(`[name="${name}"][aria-invalid="true"]`).waitFor()
const isBack = (page: Page) =>
  page.getByRole('heading', { name: 'Back in the application' }).waitFor()

/** Does what brings a message, and reads its code once the carrier has it. */
async function codeOf(page: Page, act: () => Promise<void>): Promise<string> {
  const before = hosted.carrier.requests.length
  await act()
  const end = Date.now() + 15_000
  while (hosted.carrier.requests.length === before) {
    assert.ok(Date.now() < end, `no message was sent from ${page.url()}`)
    await page.waitForTimeout(20)
  }
  return hosted.newestCode()
}

let people = 1000
const nextNumbers = () => {
  people += 1
  return [`+1415555${people}`, `+1415556${people}`, `+1415557${people}`] as const
}

/** The first factor of a person, up to the first page of the second. */
async function logIn(page: Page, number: string, language: string): Promise<void> {
  await page.goto(hosted.authorizeUrl({ ui_locales: language, connection: 'sms', prompt: 'login' }))
  const code = await codeOf(page, () => type(page, 'phone', number))
  await at(page, 'login-passwordless-sms-otp')
  await type(page, 'code', code)
}

async function ticketFor(number: string): Promise<string> {
  const search = encodeURIComponent(`phone_number:"${number}"`)
  const { body: found } = await hosted.manage('GET', `/users?q=${search}&search_engine=v3`)
  const { body } = await hosted.manage('POST', '/guardian/enrollments/ticket', {
    ...{ user_id: found[0].user_id, allow_multiple_enrollments: true },
  })
  return body.ticket_url
}

const looks = (['en', 'de', 'ar'] as const).flatMap((language, index) => [
  ...[phone, desk].flatMap((viewport) =>
    (['light', 'dark'] as const).map((colorScheme) => ({
      ...{ language, viewport, colorScheme, script: true },
    })),
  ),
  // Without script the pages look the same: each language once.
  {
    ...{ language, viewport: index === 1 ? desk : phone, script: false },
    colorScheme: index === 2 ? ('dark' as const) : ('light' as const),
  },
])

for (const { language, viewport, colorScheme, script } of looks) {
  const look = `${language}, ${viewport.width} px, ${colorScheme}, ${script ? 'script' : 'no script'}`
  test(`every page of a second factor by the keyboard alone: ${look}`, async (t) => {
    const open = await openTabs(t, viewport, {
      ...{ javaScriptEnabled: script, colorScheme },
      // A ticket is opened by the person alone: no application says in which language.
      locale: language,
    })
    const page = await open('about:blank')
    const faults: string[] = []
    const stands = async (screen: string, what = '') => {
      await at(page, screen)
      assert.equal(await page.locator('html').getAttribute('lang'), language)
      if (!script) return
      const name = `${screen}${what && `-${what}`}`
      faults.push(...(await faultsOf(page)).map((fault) => `${name}: ${fault}`))
      const path = `${pictures}${name}-${language}-${viewport.width}-${colorScheme}.png`
      await page.screenshot({ path, fullPage: true })
    }
    const [own, second, third] = nextNumbers()
    await channels('sms', 'voice')

    await logIn(page, own, language)
    await stands('mfa-begin-enroll-options')
    await press(page, 'otp')
    await stands('mfa-otp-enrollment-qr')
    await press(page, 'pick-authenticator')
    await press(page, 'phone')
    await stands('mfa-phone-enrollment')
    await type(page, 'phone', '+1')
    await isWrong(page, 'phone')
    await stands('mfa-phone-enrollment', 'error')
    const first = await codeOf(page, () => type(page, 'phone', second))
    await stands('mfa-sms-challenge', 'enrollment')
    await type(page, 'code', first === '000000' ? '111111' : '000000')
    await isWrong(page, 'code')
    await stands('mfa-sms-challenge', 'error')
    await type(page, 'code', first)
    await stands('mfa-recovery-code-enrollment')
    const recovery = (await page.locator('#recovery-code').textContent()) ?? ''
    await tick(page, 'confirmed')
    await press(page, 'default')
    await isBack(page)

    await logIn(page, own, language)
    await stands('mfa-phone-challenge')
    await codeOf(page, () => press(page, 'default'))
    await stands('mfa-sms-challenge')
    await codeOf(page, () => press(page, 'get-a-call'))
    await stands('mfa-voice-challenge')
    await press(page, 'pick-authenticator')
    await stands('mfa-login-options')
    await press(page, 'recovery-code')
    await stands('mfa-recovery-code-challenge')
    await type(page, 'code', 'A'.repeat(24))
    await isWrong(page, 'code')
    await stands('mfa-recovery-code-challenge', 'error')
    await type(page, 'code', recovery)
    await stands('mfa-recovery-code-challenge-new-code')
    await tick(page, 'confirmed')
    await press(page, 'default')
    await isBack(page)

    await page.goto(await ticketFor(own))
    await press(page, 'phone')
    await codeOf(page, () => type(page, 'phone', '+14155550111'))
    await at(page, 'mfa-sms-challenge')
    await press(page, 'edit')
    await at(page, 'mfa-phone-enrollment')
    const added = await codeOf(page, () => type(page, 'phone', third))
    await type(page, 'code', added)
    await stands('mfa-enroll-result')

    await logIn(page, own, language)
    await at(page, 'mfa-phone-challenge')
    await press(page, 'pick-phone')
    await stands('mfa-sms-list')
    await press(page, 'dev_')
    await at(page, 'mfa-phone-challenge')
    const last = await codeOf(page, () => press(page, 'default'))
    await tick(page, 'rememberDevice')
    await type(page, 'code', last)
    await isBack(page)
    await page.goto(hosted.authorizeUrl({ connection: 'sms', prompt: 'login' }))
    const again = await codeOf(page, () => type(page, 'phone', own))
    await type(page, 'code', again)
    await isBack(page)

    const [other] = nextNumbers()
    await channels('sms')
    await logIn(page, other, language)
    await press(page, 'phone')
    await stands('mfa-sms-enrollment')
    await channels('voice')
    await page.goto(page.url().replace('mfa-sms-enrollment', 'mfa'))
    await stands('mfa-voice-enrollment')
    await press(page, 'pick-authenticator')
    await press(page, 'otp')
    const key = (await page.locator('.key').textContent())?.replaceAll(' ', '') ?? ''
    await type(page, 'code', totpCode(key, Math.floor(Date.now() / 30_000)))
    await at(page, 'mfa-recovery-code-enrollment')
    await tick(page, 'confirmed')
    await press(page, 'default')
    await isBack(page)
    await logIn(page, other, language)
    await stands('mfa-otp-challenge')
    await hosted.manage('PUT', '/guardian/factors/otp', { enabled: false })
    await page.reload()
    await hosted.manage('PUT', '/guardian/factors/otp', { enabled: true })
    assert.deepEqual(faults, [])
  })
}

for (const script of [true, false]) {
  const how = script ? 'by itself' : 'when it is asked again, without script'
  test(`the page of a second factor tells ${how} what became of text and call`, async (t) => {
    await channels('sms', 'voice')
    const open = await openTabs(t, phone, { javaScriptEnabled: script })
    const page = await open('about:blank')
    const within = { timeout: 2000 }
    const shows = async (words: string | RegExp) => {
      const line = page.getByRole('status').getByText(words).filter({ visible: true })
      if (script) return line.waitFor(within)
      // Without script the person asks again; the state follows the answer of the carrier at once.
      for (const end = Date.now() + 2000; Date.now() < end && !(await line.isVisible()); ) {
        await page.getByRole('link', { name: 'Check again' }).click()
      }
      await line.waitFor(within)
    }
    const [own, second] = nextNumbers()
    await logIn(page, own, 'en')
    await press(page, 'phone')
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    hosted.carrier.respond(async () => {
      await held
      return {}
    })
    await type(page, 'phone', second)
    await at(page, 'mfa-sms-challenge')
    await page.getByRole('status').getByText('Sending…').filter({ visible: true }).waitFor(within)
    release()
    await shows(/^Sent/)
    await hosted.report('undelivered', '30003')
    await shows(/could not be delivered\. A call may reach you\./)
    hosted.carrier.respond(() => undefined)
    const code = await codeOf(page, () => press(page, 'get-a-call'))
    await at(page, 'mfa-voice-challenge')
    await shows('The phone should ring now.')
    await type(page, 'code', code)
    await at(page, 'mfa-recovery-code-enrollment')
  })
}
