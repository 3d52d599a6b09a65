import assert from 'node:assert/strict'
import { authorizeUrl, pkce, type TestBrowser, type Visit } from './browser-jar.ts'
import { type TestServer, type TestServerOptions, testServer } from './harness.ts'

export const callback = 'https://app.example.test/callback'
export const phone = '+14155550137'
export const { verifier, challenge } = pkce()

/** A server with a single-page application that has a callback. */
export async function serverWithApp(options: TestServerOptions = {}, change: object = {}) {
  const server = await testServer(options)
  return { server, clientId: await addApp(server, change) }
}

/** Another application of a server. */
export async function addApp(server: TestServer, change: object = {}): Promise<string> {
  const { body: client } = await server.manage('POST', '/clients', {
    name: 'Corner Shop',
    app_type: 'spa',
    token_endpoint_auth_method: 'none',
    callbacks: [callback, 'https://*.preview.example.test/callback'],
    web_origins: ['https://app.example.test'],
    allowed_logout_urls: ['https://app.example.test/bye'],
    ...change,
  })
  return String(client.client_id)
}

/** The address of a request for a code. */
export const codeRequest = (clientId: string, change: Record<string, string | undefined> = {}) =>
  authorizeUrl({
    ...{ client_id: clientId, response_type: 'code', redirect_uri: callback },
    ...{ scope: 'openid profile phone', state: 'abc', nonce: 'n-1' },
    ...{ code_challenge: challenge, code_challenge_method: 'S256' },
    ...change,
  })

/** Opens the page for a code, with a message on its way. */
export async function askForCode(
  browser: TestBrowser,
  url: string,
  number = phone,
): Promise<Visit> {
  const first = await browser.visit(url)
  assert.match(first.text, /data-screen="login-id"/)
  const code = await browser.submit(first, { action: 'default', country: 'US', phone: number })
  assert.match(code.text, /data-screen="login-passwordless-sms-otp"/, code.text)
  return code
}

/** Logs in by text; stops where the browser leaves the server. */
export async function logIn(
  server: TestServer,
  browser: TestBrowser,
  url: string,
  number = phone,
): Promise<Visit> {
  const page = await askForCode(browser, url, number)
  return browser.submit(page, { action: 'default', code: await server.newestCode() })
}

/** What an answer to the application holds in its query. */
export function answerOf(visit: Visit): URLSearchParams {
  assert.ok(visit.location, `${visit.status} ${visit.text}`)
  return new URL(visit.location).searchParams
}

/** The exchange of a code. */
export const exchange = (
  server: TestServer,
  clientId: string,
  code: string | null,
  change: object = {},
) =>
  server.post('/oauth/token', {
    ...{ grant_type: 'authorization_code', client_id: clientId, code, redirect_uri: callback },
    code_verifier: verifier,
    ...change,
  })
