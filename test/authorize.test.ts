import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { authorizeUrl, pkce, TestBrowser, type Visit } from './browser-jar.ts'
import { type TestServer, type TestServerOptions, testServer } from './harness.ts'

const callback = 'https://app.example.test/callback'
const phone = '+14155550137'

/** A server with a single-page application that has a callback. */
async function serverWithApp(options: TestServerOptions = {}, change: object = {}) {
  const server = await testServer(options)
  const { body: client } = await server.manage('POST', '/clients', {
    name: 'Corner Shop',
    app_type: 'spa',
    token_endpoint_auth_method: 'none',
    callbacks: [callback, 'https://*.preview.example.test/callback'],
    web_origins: ['https://app.example.test'],
    allowed_logout_urls: ['https://app.example.test/bye'],
    ...change,
  })
  return { server, clientId: String(client.client_id) }
}

const { verifier, challenge } = pkce()

const request = (clientId: string, change: Record<string, string | undefined> = {}) =>
  authorizeUrl({
    ...{ client_id: clientId, response_type: 'code', redirect_uri: callback },
    ...{ scope: 'openid profile phone', state: 'abc', nonce: 'n-1' },
    ...{ code_challenge: challenge, code_challenge_method: 'S256' },
    ...change,
  })

/** Logs in by text; stops where the browser leaves the server. */
async function logIn(server: TestServer, browser: TestBrowser, url: string): Promise<Visit> {
  const first = await browser.visit(url)
  assert.match(first.text, /data-screen="login-id"/)
  const code = await browser.submit(first, { action: 'default', country: 'US', phone })
  assert.match(code.text, /data-screen="login-passwordless-sms-otp"/, code.text)
  return browser.submit(code, { action: 'default', code: await server.newestCode() })
}

const answerOf = (visit: Visit): URLSearchParams => {
  assert.ok(visit.location, `${visit.status} ${visit.text}`)
  return new URL(visit.location).searchParams
}

const exchange = (server: TestServer, clientId: string, code: string, more: object = {}) =>
  server.post('/oauth/token', {
    ...{ grant_type: 'authorization_code', client_id: clientId, code, redirect_uri: callback },
    code_verifier: verifier,
    ...more,
  })

test('a person logs in by text, and the application gets tokens for the code', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)

  const answer = answerOf(await logIn(server, browser, request(clientId)))

  assert.equal(answer.get('state'), 'abc')
  const { status, body } = await exchange(server, clientId, answer.get('code') ?? '')
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.scope, 'openid profile phone')
  const claims = decodeJwt(body.id_token)
  assert.equal(claims.nonce, 'n-1')
  assert.equal(claims.phone_number, phone)
  assert.equal(claims.iss, `${server.tenant.url}/`)
  assert.ok(claims.sid)
  assert.equal(claims.auth_time, undefined)
  assert.equal(claims.amr, undefined)
  assert.deepEqual(await server.logs(), ['cs', 'ss', 's', 'seacft'])
})
