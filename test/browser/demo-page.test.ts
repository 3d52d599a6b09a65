import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { desk, focused, openPage, type Server, says } from './open-page.ts'

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

test('a sign-in by keyboard alone ends with checked tokens, which survive a reload', async (t) => {
  const { server, page } = await openPage(t, '/demo', desk)
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
  const { page } = await openPage(t, '/demo', desk, ({ server }) => {
    server.accessToken = 'opaque'
  })

  await signIn(page)

  await says(page, '#access-token .badge', 'Opaque')
})

test('refreshing takes the newest refresh token, and signing out revokes it', async (t) => {
  const { server, page } = await openPage(t, '/demo')
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
    const { server, page } = await openPage(t, '/demo')
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
  const { server, page } = await openPage(t, '/demo')
  await toCodeStep(page)
  await says(page, '#delivery', 'Queued')

  server.server.state = 'failed'

  await says(page, '#delivery', 'Failed')
})

test('a new code can be had after a pause, and a pasted message gives its code', async (t) => {
  const { server, page } = await openPage(t, '/demo')
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
  const { server, page } = await openPage(t, '/demo')

  await toCodeStep(page, '\u202a+٤٩\u00a01511–2345678\u202c')
  assert.equal(lastCall(server, '/passwordless/start')?.phone_number, '+49 1511-2345678')
  await page.getByRole('button', { name: 'Change number' }).click()

  assert.equal(await focused(page), 'number')
  assert.equal(await page.getByLabel('Phone number').inputValue(), '+4915112345678')
})
