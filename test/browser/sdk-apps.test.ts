import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as openid from 'openid-client'
import type { Page } from 'playwright-core'
import { freePort, lineWith } from '../process.ts'
import { packageFile, startAppServer } from './app-server.ts'
import { type HostedLogin, startHostedLogin } from './hosted-login.ts'
import { desk, openTabs } from './open-page.ts'

/** Packages from npm as they are, in applications of a few lines, against the sign-in pages. */

const file = (name: string) => fileURLToPath(new URL(`apps/${name}`, import.meta.url))

let hosted: HostedLogin
before(async () => {
  hosted = await startHostedLogin()
})
after(() => hosted.close())

/** A client of the tenant that may sign people in by text. */
async function addClient(client: object): Promise<{ id: string; secret: string }> {
  const { body } = await hosted.manage('POST', '/clients', client)
  const { body: connections } = await hosted.manage('GET', '/connections?strategy=sms')
  await hosted.manage('PATCH', `/connections/${connections[0].id}/clients`, [
    { client_id: body.client_id, status: true },
  ])
  return { id: body.client_id, secret: body.client_secret }
}

let numbers = 100
/** Goes through the sign-in pages, from the first to the application. @returns the number */
async function signIn(page: Page): Promise<string> {
  numbers += 1
  const number = `+1415555${String(numbers).padStart(4, '0')}`
  await page.locator('[data-screen="login-id"] [name="phone"]').fill(number)
  await page.keyboard.press('Enter')
  await page.locator('[data-screen="login-passwordless-sms-otp"]').waitFor()
  await page.locator('[name="code"]').fill(hosted.newestCode())
  await page.keyboard.press('Enter')
  return number
}

/** Runs in the page of the application: what its client says, or the code of what it throws. */
const ask = (page: Page, what: string): Promise<unknown> =>
  page.evaluate(`${what}.catch((error) => ({ error: error.error ?? String(error) }))`)

const titled = (page: Page, title: string) =>
  page.waitForFunction(
    (wanted) =>
      (globalThis as unknown as { document: { title: string } }).document.title === wanted,
    title,
  )

for (const refresh of ['no', 'yes'] as const) {
  const how = refresh === 'yes' ? 'with a refresh token' : 'in a frame'
  test(`@auth0/auth0-spa-js signs in, renews silently ${how} and signs out`, async (t) => {
    const app = await startAppServer({
      '/': file('spa.html'),
      '/auth0-spa-js.js': packageFile('@auth0/auth0-spa-js', 'dist/auth0-spa-js.production.esm.js'),
    })
    t.after(() => app.close())
    const client = await addClient({
      ...{ name: 'Single page', app_type: 'spa', token_endpoint_auth_method: 'none' },
      ...{ callbacks: [`${app.origin}/`], web_origins: [app.origin] },
      ...{ allowed_origins: [app.origin], allowed_logout_urls: [`${app.origin}/`] },
      ...(refresh === 'yes' && {
        refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring' },
      }),
    })
    const open = await openTabs(t, desk)
    const settings = new URLSearchParams({ domain: hosted.origin, client: client.id, refresh })
    const page = await open(`${app.origin}/#${settings}`)
    await titled(page, 'signed out')

    await page.evaluate('client.loginWithRedirect()')
    const number = await signIn(page)
    await titled(page, 'signed in')
    const user = (await ask(page, 'client.getUser()')) as Record<string, unknown>
    assert.equal(user.phone_number, number)

    const [before, renewed] = [
      await ask(page, 'client.getTokenSilently()'),
      await ask(page, "client.getTokenSilently({ cacheMode: 'off' })"),
    ]
    assert.equal(typeof renewed, 'string', JSON.stringify(renewed))
    assert.notEqual(renewed, before)

    await page.evaluate(`client.logout({ logoutParams: { returnTo: location.origin + '/' } })`)
    await titled(page, 'signed out')
    const denied = await ask(page, 'client.getTokenSilently()')
    assert.deepEqual(denied, {
      error: refresh === 'yes' ? 'missing_refresh_token' : 'login_required',
    })
  })
}

/** A page with its own form, and auth0-js in it. */
async function openEmbedded(t: TestContext, change: object): Promise<Page> {
  const app = await startAppServer({
    '/': file('embedded.html'),
    '/auth0.js': packageFile('auth0-js', 'dist/auth0.min.js'),
  })
  t.after(() => app.close())
  const client = await addClient({
    ...{ name: 'Embedded', app_type: 'spa', token_endpoint_auth_method: 'none' },
    ...{ callbacks: [`${app.origin}/`], web_origins: [app.origin] },
    ...{ allowed_origins: [app.origin], ...change },
  })
  const open = await openTabs(t, desk)
  const settings = new URLSearchParams({ domain: hosted.origin, client: client.id })
  const page = await open(`${app.origin}/?${settings}`)
  await titled(page, 'ready')
  return page
}

test('auth0-js verifies a code before it takes the browser through with it', async (t) => {
  const flags = (on: boolean) =>
    hosted.manage('PATCH', '/tenants/settings', { flags: { allow_legacy_ro_grant_types: on } })
  await flags(true)
  t.after(() => flags(false))
  const page = await openEmbedded(t, {})
  const phoneNumber = '+14155550198'
  const start = { connection: 'sms', phoneNumber, send: 'code' }
  await ask(page, `call('passwordlessStart', ${JSON.stringify(start)})`)
  const verify = (verificationCode: string) =>
    `call('passwordlessVerify', ${JSON.stringify({ connection: 'sms', phoneNumber, verificationCode })})`

  const refused = await page.evaluate(
    `${verify('000000')}.catch(({ code, description }) => [code, description])`,
  )
  await page.evaluate(`void ${verify(hosted.newestCode())}`)
  await titled(page, 'signed in')

  assert.deepEqual(refused, ['invalid_user_password', 'Wrong phone number or verification code.'])
  const claims = (await page.evaluate('result.idTokenPayload')) as Record<string, unknown>
  assert.equal(claims.phone_number, phoneNumber)
  const silent = (await ask(page, "call('checkSession', {})")) as Record<string, unknown>
  assert.equal(typeof silent.accessToken, 'string', JSON.stringify(silent))
})

test('auth0-js sends a code, signs in with it on the page of the application, and asks silently', async (t) => {
  const page = await openEmbedded(t, { cross_origin_authentication: true })
  const phoneNumber = '+14155550199'
  const start = { connection: 'sms', phoneNumber, send: 'code' }
  const started = await ask(page, `call('passwordlessStart', ${JSON.stringify(start)})`)
  assert.equal(
    (started as { phoneNumber?: string }).phoneNumber,
    phoneNumber,
    JSON.stringify(started),
  )
  const login = { connection: 'sms', phoneNumber, verificationCode: '000000' }
  const refused = await page.evaluate(
    `call('passwordlessLogin', ${JSON.stringify(login)}).catch(({ error, error_description }) => [error, error_description])`,
  )
  assert.deepEqual(refused, ['access_denied', 'Wrong phone number or verification code.'])

  const right = { ...login, verificationCode: hosted.newestCode() }
  await page.evaluate(`void call('passwordlessLogin', ${JSON.stringify(right)})`)
  await titled(page, 'signed in')
  const claims = (await page.evaluate('result.idTokenPayload')) as Record<string, unknown>
  assert.equal(claims.phone_number, phoneNumber)
  const silent = (await ask(page, "call('checkSession', {})")) as Record<string, unknown>
  assert.equal(typeof silent.accessToken, 'string', JSON.stringify(silent))
  const info = await ask(
    page,
    `new Promise((resolve, reject) => webAuth.client.userInfo(
    ${JSON.stringify(silent.accessToken)}, (error, user) => (error ? reject(error) : resolve(user))))`,
  )
  assert.equal((info as { phone_number?: string }).phone_number, phoneNumber)
})

/** Starts the Express application in a process of its own. */
async function startExpress(t: TestContext, port: number, settings: object): Promise<void> {
  const child = spawn(
    process.execPath,
    [file('express.mjs'), String(port), JSON.stringify(settings)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  t.after(() => child.kill())
  await lineWith(child.stdout, 'listening')
}

for (const flow of ['its defaults', 'a code'] as const) {
  test(`an Express application with express-openid-connect and ${flow} signs in and out`, async (t) => {
    const port = await freePort()
    const origin = `http://localhost:${port}`
    const client = await addClient({
      ...{ name: 'Express', app_type: 'regular_web' },
      ...{ callbacks: [`${origin}/callback`], allowed_logout_urls: [origin] },
    })
    await startExpress(t, port, {
      ...{ baseURL: origin, clientID: client.id, issuerBaseURL: hosted.origin, auth0Logout: true },
      ...(flow === 'a code' && {
        clientSecret: client.secret,
        authorizationParams: { response_type: 'code' },
      }),
    })
    const open = await openTabs(t, desk)
    const page = await open(`${origin}/`)
    await page.getByRole('heading', { name: 'Signed out' }).waitFor()

    await page.goto(`${origin}/profile`)
    await signIn(page)
    await page.getByRole('heading', { name: /^sms\|/ }).waitFor()
    await page.goto(`${origin}/`)
    await page.getByRole('heading', { name: 'Signed in' }).waitFor()

    await page.goto(`${origin}/logout`)
    await page.getByRole('heading', { name: 'Signed out' }).waitFor()
    await page.goto(`${origin}/profile`)
    await page.locator('[data-screen="login-id"]').waitFor()
  })
}

test('openid-client exchanges a code with PKCE, and refreshes', async (t) => {
  const app = await startAppServer({ '/callback': file('back.html') })
  t.after(() => app.close())
  const redirect_uri = `${app.origin}/callback`
  const client = await addClient({
    ...{ name: 'Program', app_type: 'native', token_endpoint_auth_method: 'none' },
    callbacks: [redirect_uri],
  })
  const config = await openid.discovery(
    new URL(hosted.origin),
    client.id,
    undefined,
    openid.None(),
    { execute: [openid.allowInsecureRequests] },
  )
  const verifier = openid.randomPKCECodeVerifier()
  const [state, nonce] = [openid.randomState(), openid.randomNonce()]
  const url = openid.buildAuthorizationUrl(config, {
    ...{ redirect_uri, scope: 'openid phone offline_access', state, nonce },
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const open = await openTabs(t, desk)
  const page = await open(url.href)
  const number = await signIn(page)
  await page.getByRole('heading', { name: 'Back' }).waitFor()

  const tokens = await openid.authorizationCodeGrant(config, new URL(page.url()), {
    ...{ pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce },
    idTokenExpected: true,
  })
  const claims = tokens.claims()
  assert.equal(claims?.phone_number, number)
  const info = await openid.fetchUserInfo(config, tokens.access_token, String(claims?.sub))
  assert.equal(info.phone_number, number)
  const refreshed = await openid.refreshTokenGrant(config, String(tokens.refresh_token))
  assert.equal(refreshed.claims()?.sub, claims?.sub)
  await assert.rejects(
    openid.authorizationCodeGrant(config, new URL(page.url()), {
      ...{ pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce },
    }),
    { error: 'invalid_grant' },
  )
})
