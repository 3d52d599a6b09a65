import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Locator, Page } from 'playwright-core'
import { faultsOf } from './accessibility.ts'
import { type HostedLogin, startHostedLogin } from './hosted-login.ts'
import { desk, openTabs, phone } from './open-page.ts'

/** The mounted pages of a login, walked through as people do who have no mouse, or no script. */

const pictures = fileURLToPath(new URL('pictures/', import.meta.url))

let hosted: HostedLogin
before(async () => {
  mkdirSync(pictures, { recursive: true })
  hosted = await startHostedLogin()
  // One machine stands for many people here.
  await hosted.manage('PATCH', '/phone/protection', { address: null })
  await hosted.manage('PATCH', '/tenants/settings', { enabled_locales: ['en', 'de', 'ar'] })
  const { body: people } = await hosted.manage('POST', '/connections', {
    ...{ name: 'people', strategy: 'auth0' },
  })
  await hosted.manage('PATCH', `/connections/${people.id}/clients`, [
    { client_id: hosted.clientId, status: true },
  ])
  await hosted.manage('POST', '/users', {
    ...{ connection: 'people', email: 'ada@example.com', password: 'A long enough Passw0rd!' },
  })
})
after(() => hosted.close())

/** Presses Tab until the element has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  const hasFocus = () => target.evaluate((element) => element.matches(':focus'))
  for (let presses = 0; presses < 40; presses += 1) {
    if (await hasFocus()) return
    await page.keyboard.press('Tab')
  }
  assert.fail('the element cannot be reached by the Tab key')
}

const field = (page: Page, name: string) => page.locator(`[name="${name}"]`)

let numbers = 1000
const looks = (['en', 'de', 'ar'] as const).flatMap((language) =>
  [phone, desk].flatMap((viewport) =>
    (['light', 'dark'] as const).flatMap((colorScheme) =>
      [true, false].map((script) => ({ language, viewport, colorScheme, script })),
    ),
  ),
)

for (const { language, viewport, colorScheme, script } of looks) {
  const look = `${language}, ${viewport.width} px, ${colorScheme}, ${script ? 'script' : 'no script'}`
  test(`a code and a password sign in by the keyboard alone: ${look}`, async (t) => {
    hosted.carrier.respond(() => undefined)
    const open = await openTabs(t, viewport, { javaScriptEnabled: script, colorScheme })
    const faults: string[] = []
    const stands = async (page: Page, screen: string, what = '') => {
      await page.locator(`[data-screen="${screen}"]`).waitFor()
      assert.equal(await page.locator('html').getAttribute('lang'), language)
      const name = `${screen}${what && `-${what}`}`
      if (script) faults.push(...(await faultsOf(page)).map((fault) => `${name}: ${fault}`))
      await page.screenshot({
        path: `${pictures}${name}-${language}-${viewport.width}-${colorScheme}.png`,
      })
    }
    const type = async (page: Page, name: string, value: string) => {
      await tabTo(page, field(page, name))
      await page.keyboard.press('ControlOrMeta+A')
      await page.keyboard.type(value)
      await page.keyboard.press('Enter')
    }
    numbers += 1
    const number = `+1415555${numbers}`

    const page = await open(hosted.authorizeUrl({ ui_locales: language, connection: 'sms' }))
    await stands(page, 'login-id')
    await type(page, 'phone', '+1')
    await field(page, 'phone').and(page.locator('[aria-invalid="true"]')).waitFor()
    await stands(page, 'login-id', 'error')
    await type(page, 'phone', number)
    await stands(page, 'login-passwordless-sms-otp')
    const right = hosted.newestCode()
    await type(page, 'code', right === '000000' ? '000001' : '000000')
    await field(page, 'code').and(page.locator('[aria-invalid="true"]')).waitFor()
    await stands(page, 'login-passwordless-sms-otp', 'error')
    await tabTo(page, page.locator('[value="edit"]'))
    await page.keyboard.press('Enter')
    await page.locator('[data-screen="login-id"]').waitFor()
    assert.match(await field(page, 'phone').inputValue(), /415/)
    await type(page, 'phone', number)
    await page.locator('[data-screen="login-passwordless-sms-otp"]').waitFor()
    await type(page, 'code', hosted.newestCode())
    await page.getByRole('heading', { name: 'Back in the application' }).waitFor()

    await page.goto(hosted.authorizeUrl({ ui_locales: language, prompt: 'login' }))
    await stands(page, 'login-id', 'password')
    await type(page, 'username', 'ada@example.com')
    await stands(page, 'login-password')
    await type(page, 'password', 'wrong')
    await page.getByRole('alert').or(page.locator('[aria-invalid="true"]')).first().waitFor()
    await stands(page, 'login-password', 'error')
    await type(page, 'password', 'A long enough Passw0rd!')
    await page.getByRole('heading', { name: 'Back in the application' }).waitFor()
    assert.deepEqual(faults, [])
  })
}
