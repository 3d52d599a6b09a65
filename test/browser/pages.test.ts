import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { findChromium } from '../programs.ts'
import { startPagesServer } from './pages-server.ts'

let browser: Browser

before(async () => {
  const executablePath = (await findChromium()) ?? assert.fail('no chromium')
  const quiet = ['background-networking', 'component-update', 'sync'].map((it) => `--disable-${it}`)
  const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', ...quiet]
  browser = await chromium.launch({ executablePath, args })
})
after(() => browser.close())

type Server = Awaited<ReturnType<typeof startPagesServer>>

const phone = { width: 390, height: 844 }
const desk = { width: 1280, height: 800 }

/** A server and a browser page that fails its test when a script breaks or asks a foreign address. */
async function open(t: TestContext, path: string, viewport = desk, prepare?: (s: Server) => void) {
  const server = await startPagesServer()
  prepare?.(server)
  const { origin } = server.server
  const context = await browser.newContext({ viewport, locale: 'en-US' })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin })
  await context.addInitScript(fakeSpeech)
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(error.message))
  page.on('console', (line) => {
    if (/Content Security|TrustedHTML/.test(line.text())) wrong.push(line.text())
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:')) wrong.push(url)
  })
  t.after(async () => {
    await context.close()
    await server.close()
    assert.deepEqual(wrong, [])
  })
  await page.goto(`${origin}${path}`)
  return { server, page }
}

/** Runs in the page: speech that is written down, by a voice of this machine and one of a stranger's. */
function fakeSpeech() {
  const spoken: string[] = []
  const voices = [
    { name: 'cloud', lang: 'en-US', localService: false, default: true },
    { name: 'local', lang: 'en-US', localService: true, default: false },
  ]
  class SpeechSynthesisUtterance extends EventTarget {
    text: string
    voice?: { name: string }
    constructor(text: string) {
      super()
      this.text = text
    }
  }
  const speechSynthesis = {
    getVoices: () => voices,
    speak: ({ text, voice }: SpeechSynthesisUtterance) => spoken.push(`${voice?.name}: ${text}`),
    cancel: () => spoken.push('silence'),
  }
  for (const [name, value] of Object.entries({
    spoken,
    SpeechSynthesisUtterance,
    speechSynthesis,
  })) {
    Object.defineProperty(globalThis, name, { value, configurable: true })
  }
}

/** Waits until the page says so. */
const says = (page: Page, selector: string, text: string | RegExp) =>
  page.locator(selector).filter({ hasText: text }).first().waitFor()

const focused = (page: Page) =>
  page.evaluate(
    // The body of the page; this program has no DOM of its own.
    () =>
      (globalThis as unknown as { document: { activeElement: { id: string } } }).document
        .activeElement.id,
  )

async function toCodeStep(page: Page, number = '+1 415 555 0137') {
  await page.getByLabel('Phone number').fill(number)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Enter the code' }).waitFor()
}

async function signIn(page: Page) {
  await toCodeStep(page)
  await page.getByLabel('Code', { exact: true }).fill('481920')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'You are signed in' }).waitFor()
}

const lastCall = (server: Server, path: string) =>
  server.calls.findLast((call) => call.path === path)?.body

for (const viewport of [phone, desk]) {
  for (const path of ['/', '/demo', '/inbox']) {
    test(`${path} fits a width of ${viewport.width}`, async (t) => {
      const { page } = await open(t, path, viewport, (server) => {
        server.receive({ text: `https://acme.test/${'x'.repeat(200)}` })
      })
      await page.locator('h1').first().waitFor({ state: 'attached' })

      const wide = await page.evaluate('document.documentElement.scrollWidth')

      assert.equal(wide, viewport.width)
    })
  }
}

test('an empty inbox says what to do, and a text appears without a reload', async (t) => {
  const { server, page } = await open(t, '/inbox')
  await page.getByRole('heading', { name: 'No messages yet' }).waitFor()
  assert.equal(
    await page.getByRole('link', { name: 'Open the demo' }).getAttribute('href'),
    '/demo',
  )
  await says(page, '#connection', 'Live')

  server.receive({})

  await says(page, '.bubble', '481920 is your code for Acme.')
  await says(page, '#announcer', 'New text to +14155550137: 481920 is your code for Acme.')
  assert.equal(await page.locator('.bubble mark').textContent(), '481920')
})

test('what a stranger wrote is shown and never run', async (t) => {
  const text = '<img src=x onerror="document.title=1"><script>document.title=1</script> &amp;'
  const { page } = await open(t, '/inbox', desk, (server) => server.receive({ text }))

  await page.locator('.bubble').waitFor()

  assert.equal(await page.locator('.bubble .words').textContent(), text)
  assert.equal(await page.locator('.bubble img, .bubble script').count(), 0)
})

test('the code is copied with one press', async (t) => {
  const { page } = await open(t, '/inbox', desk, (server) => server.receive({ code: '302118' }))

  await page.getByRole('button', { name: 'Copy code 3 0 2 1 1 8' }).press('Enter')

  await says(page, '.copy', 'Copied')
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), '302118')
})

test('a call is words, spoken by a voice of this machine and silenced again', async (t) => {
  const { page } = await open(t, '/inbox', desk, (server) =>
    server.receive({ delivery_method: 'voice', voice: 'Your code is 1. 2.' }),
  )
  await says(page, '.bubble .words', 'Your code is 1. 2.')

  await page.getByRole('button', { name: 'Speak' }).click()
  await page.getByRole('button', { name: 'Stop' }).click()

  await page.getByRole('button', { name: 'Speak' }).waitFor()
  assert.deepEqual(await page.evaluate('spoken'), ['local: Your code is 1. 2.', 'silence'])
})

test('a browser that cannot speak says so beside the button', async (t) => {
  const { server, page } = await open(t, '/demo')
  await page.addInitScript(
    'delete globalThis.speechSynthesis; delete Window.prototype.speechSynthesis',
  )
  server.receive({ delivery_method: 'voice' })

  await page.goto(`${server.server.origin}/inbox`)

  await says(page, '.reason', 'This browser cannot speak.')
  const button = page.getByRole('button', { name: 'Speak' })
  assert.equal(await button.getAttribute('aria-disabled'), 'true')
})

test('on a desk the newest conversation is open, and another one counts what is new', async (t) => {
  const { server, page } = await open(t, '/inbox', desk, (server) => {
    server.receive({ recipient: '+14155550101' })
    server.receive({ recipient: '+14155550102' })
  })
  await says(page, '#talk-title', '+14155550102')
  assert.deepEqual(await page.locator('.number').allTextContents(), [
    '+14155550102',
    '+14155550101',
  ])
  await page.getByRole('link', { name: '+14155550102' }).click()

  server.receive({ recipient: '+14155550101' })

  await says(page, '.unread', '1')
  assert.deepEqual(await page.locator('.number').allTextContents(), [
    '+14155550101',
    '+14155550102',
  ])
  assert.equal(await page.locator('#talk-title').textContent(), '+14155550102')
  assert.match(await page.title(), /^\(1\) /)
})

test('the filter finds a number however it is written', async (t) => {
  const { page } = await open(t, '/inbox', desk, (server) => {
    server.receive({ recipient: '+14155550101' })
    server.receive({ recipient: '+442079460018' })
  })

  await page.getByLabel('Filter by number').fill('(415) 555')
  await page.locator('.number').filter({ hasText: '+44' }).waitFor({ state: 'detached' })
  assert.deepEqual(await page.locator('.number').allTextContents(), ['+14155550101'])

  await page.getByLabel('Filter by number').fill('999')
  await says(page, '#nothing', 'No number contains “999”.')
})

test('on a phone the keyboard opens a conversation and comes back to where it was', async (t) => {
  const { page } = await open(t, '/inbox', phone, (server) => {
    server.receive({ recipient: '+14155550101' })
    server.receive({ recipient: '+14155550102' })
  })
  await page.getByRole('link', { name: '+14155550102' }).focus()

  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await says(page, '#talk-title', '+14155550101')
  assert.equal(await focused(page), 'talk-title')

  await page.keyboard.press('Escape')
  await page.locator('.talk').waitFor({ state: 'hidden' })
  const name = page.locator('.conversation:focus .number')
  assert.equal(await name.textContent(), '+14155550101')
})

test('a lost connection is shown, and comes back by itself with what was missed', async (t) => {
  const { server, page } = await open(t, '/inbox', desk, (server) => server.receive({}))
  await says(page, '#connection', 'Live')
  const port = Number(new URL(server.server.origin).port)
  await server.close()
  await says(page, '#lost-reason', 'Connection lost.')
  await says(page, '#connection', 'Reconnecting')

  const next = await startPagesServer(port)
  t.after(next.close)
  next.receive({ text: 'first' })
  next.receive({ text: 'missed', code: '7' })

  await page.getByRole('button', { name: 'Try now' }).click()
  await says(page, '#connection', 'Live')
  await says(page, '.bubble', 'missed')
  assert.equal(await page.locator('#lost').isHidden(), true)
})

test('a sign-in by keyboard alone ends with checked tokens, which survive a reload', async (t) => {
  const { server, page } = await open(t, '/demo', desk)
  while ((await focused(page)) !== 'number') await page.keyboard.press('Tab')
  await page.keyboard.type('(415) 555-0137')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Enter the code' }).and(page.locator(':focus')).waitFor()
  while ((await focused(page)) !== 'code') await page.keyboard.press('Tab')
  await page.keyboard.type('481 920')
  await page.keyboard.press('Enter')

  await page
    .getByRole('heading', { name: 'You are signed in' })
    .and(page.locator(':focus'))
    .waitFor()
  await says(page, '#id-token .badge', 'Signature checked')
  await says(page, '#id-token tr', /exp\s*Expires.*\(in 10 hr\)/)
  await says(page, '#access-token tr', 'https://api.test')
  await says(page, '#userinfo', '"sub": "sms|68c1f0d2a9b7e44c1d0e5a11"')
  assert.deepEqual(lastCall(server, '/oauth/token'), {
    grant_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
    client_id: 'demo',
    username: '4155550137',
    otp: '481920',
    realm: 'sms',
    scope: 'openid profile phone offline_access',
  })

  await page.reload()
  await says(page, '#id-token .badge', 'Signature checked')
  assert.equal(await page.evaluate('localStorage.length + document.cookie.length'), 0)
})

test('an access token that is no JWT is called opaque', async (t) => {
  const { page } = await open(t, '/demo', desk, ({ server }) => {
    server.accessToken = 'opaque'
  })

  await signIn(page)

  await says(page, '#access-token .badge', 'Opaque')
})

test('refreshing takes the newest refresh token, and signing out revokes it', async (t) => {
  const { server, page } = await open(t, '/demo')
  await signIn(page)

  await page.getByRole('button', { name: 'Refresh the tokens' }).click()
  await says(page, '#notice', 'The tokens are fresh.')
  assert.partialDeepStrictEqual(lastCall(server, '/oauth/token'), {
    grant_type: 'refresh_token',
    refresh_token: 'v1.refresh-1',
  })

  await page.getByRole('button', { name: 'Sign out' }).click()
  await says(page, '#notice', 'the refresh token is revoked')
  assert.deepEqual(lastCall(server, '/oauth/revoke'), { client_id: 'demo', token: 'v1.refresh-2' })
  await page.reload()
  await page.getByRole('heading', { name: 'Sign in with your phone' }).waitFor()
})

for (const [path, status, error, error_description, words] of [
  [
    '/passwordless/start',
    400,
    'bad.phone_number',
    'String does not match',
    'begin with the country code',
  ],
  [
    '/passwordless/start',
    429,
    'too_many_requests',
    'Slow',
    'That was too often. Try again in 40 seconds.',
  ],
  [
    '/oauth/token',
    403,
    'invalid_grant',
    'Wrong phone number or verification code.',
    'no longer good',
  ],
  [
    '/oauth/token',
    429,
    'too_many_attempts',
    'Many',
    'Too many wrong codes. Try again in 40 seconds.',
  ],
  ['/oauth/token', 403, 'unauthorized', 'user is blocked', 'This user is blocked.'],
] as const) {
  test(`${error} of ${path} is said in plain words at its field`, async (t) => {
    const { server, page } = await open(t, '/demo')
    const starting = path === '/passwordless/start'
    const body = { error, error_description }
    server.refuseNext(path, { status, body, headers: { 'retry-after': '40' } })

    if (starting) await page.getByLabel('Phone number').fill('12')
    else await toCodeStep(page).then(() => page.getByLabel('Code', { exact: true }).fill('111111'))
    await page.keyboard.press('Enter')

    const id = starting ? 'number' : 'code'
    await says(page, `#${id}-error`, words)
    await says(page, `#${id}-error small`, `${status} ${error}: ${error_description}`)
    const field = page.locator(`#${id}[aria-invalid=true]:focus`)
    assert.match((await field.getAttribute('aria-describedby')) ?? '', new RegExp(`^${id}-error`))
  })
}

test('the fate of the message is shown while the code is awaited', async (t) => {
  const { server, page } = await open(t, '/demo')
  await toCodeStep(page)
  await says(page, '#delivery', 'Queued')

  server.server.state = 'failed'

  await says(page, '#delivery', 'Failed')
})

test('a new code can be had after a pause, and a pasted message gives its code', async (t) => {
  const { server, page } = await open(t, '/demo')
  await page.clock.install()
  await toCodeStep(page)
  const resend = page.locator('#resend')
  assert.match((await resend.textContent()) ?? '', /^Send a new code \(in \d+ s\)$/)
  // A person may press it all the same.
  await resend.click({ force: true })
  assert.equal(server.calls.filter(({ path }) => path === '/passwordless/start').length, 1)

  await page.clock.runFor(31_000)
  await page.getByRole('button', { name: 'Send a new code', exact: true }).click()
  await says(page, '#notice', 'A new code is on its way.')
  assert.equal(lastCall(server, '/passwordless/start')?.phone_number, '+14155550137')

  await page.evaluate(
    'navigator.clipboard.writeText("Acme: 481920 is your code, good for 3 minutes")',
  )
  await page.getByLabel('Code', { exact: true }).focus()
  await page.keyboard.press('ControlOrMeta+v')
  assert.equal(await page.getByLabel('Code', { exact: true }).inputValue(), '481920')
})

test('a number is sent as plain digits however it was typed, and can be changed', async (t) => {
  const { server, page } = await open(t, '/demo')

  await toCodeStep(page, '\u202a+٤٩\u00a01511–2345678\u202c')
  assert.equal(lastCall(server, '/passwordless/start')?.phone_number, '+49 1511-2345678')
  await page.getByRole('button', { name: 'Change number' }).click()

  assert.equal(await focused(page), 'number')
  assert.equal(await page.getByLabel('Phone number').inputValue(), '+4915112345678')
})
