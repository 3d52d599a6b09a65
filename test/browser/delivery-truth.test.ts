import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type HostedLogin, startHostedLogin } from './hosted-login.ts'
import { openTabs, phone } from './open-page.ts'

let hosted: HostedLogin
before(async () => {
  hosted = await startHostedLogin()
})
after(() => hosted.close())

/** What the person who waits is to see, and how soon. */
const within = { timeout: 2000 }
const shows = (page: Page, words: string | RegExp) =>
  page.getByRole('status').getByText(words).filter({ visible: true }).waitFor(within)

let numbers = 100
/** Asks for a code to a number that nobody had before, and stands on the page for it. */
async function askForCode(page: Page): Promise<void> {
  numbers += 1
  await page.getByLabel(/phone number/i).fill(`+1415555${String(numbers).padStart(4, '0')}`)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /code/i }).waitFor()
}

for (const script of [true, false]) {
  const how = script ? 'by itself' : 'when it is asked again, without script'
  test(`the page tells ${how} that a message is sent, and that it was delivered`, async (t) => {
    const open = await openTabs(t, phone, { javaScriptEnabled: script })
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    hosted.carrier.respond(async () => {
      await held
      return {}
    })
    const page = await open(hosted.authorizeUrl())
    const look = async () => {
      if (!script) await page.getByRole('link', { name: 'Check again' }).click()
    }
    await askForCode(page)
    await shows(page, 'Sending…')

    release()
    if (!script) await accepted()
    await look()
    await shows(page, /^Sent/)

    await hosted.report('delivered')
    await look()
    await shows(page, /^Delivered/)
    await page.getByLabel(/code/i).first().fill(hosted.newestCode())
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Back in the application' }).waitFor()
    assert.match(page.url(), /[?&]code=[^&]+/)
  })
}

/** Resolves when the server knows the carrier's answer. */
async function accepted(): Promise<void> {
  for (;;) {
    const { body } = await hosted.manage('GET', '/phone/messages?per_page=1')
    const [message] = body.messages ?? body
    if (message?.state === 'accepted') return
    await new Promise((again) => setTimeout(again, 20))
  }
}

test('the page tells that the carrier refuses the number, and what to do', async (t) => {
  const open = await openTabs(t, phone)
  const body = { code: 21211, message: 'Invalid To', status: 400 }
  hosted.carrier.respond(() => ({ status: 400, body }))
  const page = await open(hosted.authorizeUrl())
  await askForCode(page)

  await shows(page, /could not be delivered.*Check the number/)
})

test('the page tells that a message which was sent did not arrive', async (t) => {
  const open = await openTabs(t, phone)
  hosted.carrier.respond(() => undefined)
  const page = await open(hosted.authorizeUrl())
  await askForCode(page)
  await shows(page, /^Sent/)
  await hosted.report('undelivered', '30005')

  await shows(page, /could not be delivered/)
})

test('while the carrier is down the page says that it is still sending, and it is', async (t) => {
  const open = await openTabs(t, phone)
  const page = await open(hosted.authorizeUrl())
  await hosted.carrier.stop()
  await askForCode(page)
  await shows(page, 'Sending…')
  hosted.carrier.respond(() => undefined)
  await hosted.carrier.start()

  // The next try comes after some seconds; the page tells it then.
  await page.getByRole('status').getByText(/^Sent/).filter({ visible: true }).waitFor()
})
