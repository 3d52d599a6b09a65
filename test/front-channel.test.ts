import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { authorizeUrl, TestBrowser, type Visit } from './browser-jar.ts'
import type { TestServer } from './harness.ts'
import {
  answerOf,
  askForCode,
  callback,
  codeRequest,
  exchange,
  logIn,
  serverWithApp,
} from './login-app.ts'

const implicit = (clientId: string, change: Record<string, string | undefined> = {}) =>
  authorizeUrl({
    ...{ client_id: clientId, response_type: 'token id_token', redirect_uri: callback },
    ...{ scope: 'openid profile', state: 'abc', nonce: 'n-1' },
    ...change,
  })

const fragmentOf = ({ location }: Visit): URLSearchParams =>
  new URLSearchParams(new URL(String(location)).hash.slice(1))

const halfHash = (value: string | null) =>
  createHash('sha256').update(String(value)).digest().subarray(0, 16).toString('base64url')

/** A browser in which somebody is logged in. */
async function loggedIn(server: TestServer, clientId: string): Promise<TestBrowser> {
  const browser = new TestBrowser(server)
  await logIn(server, browser, codeRequest(clientId))
  return browser
}

const types: readonly [type: string, members: readonly string[]][] = [
  ['token', ['access_token']],
  ['id_token', ['id_token']],
  ['token id_token', ['access_token', 'id_token']],
  ['id_token token', ['access_token', 'id_token']],
  ['code id_token', ['code', 'id_token']],
  ['code token', ['access_token', 'code']],
  ['code id_token token', ['access_token', 'code', 'id_token']],
]

test('each response type gives what it names, in the fragment', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = await loggedIn(server, clientId)
  for (const [type, members] of types) {
    const answer = fragmentOf(await browser.visit(implicit(clientId, { response_type: type })))
    const given = ['access_token', 'code', 'id_token'].filter((name) => answer.has(name))
    assert.deepEqual(given, members, `${type}: ${answer}`)
    assert.equal(answer.get('state'), 'abc', type)
    if (answer.has('access_token')) {
      assert.equal(answer.get('expires_in'), '7200', type)
      assert.equal(answer.get('token_type'), 'Bearer', type)
      assert.equal(answer.get('scope'), 'openid profile', type)
      const { status, body } = await server.get('/userinfo', {
        authorization: `Bearer ${answer.get('access_token')}`,
      })
      assert.equal(status, 200, type)
      assert.equal(body.name, '+14155550137', type)
    }
    if (!answer.has('id_token')) continue
    const claims = decodeJwt(String(answer.get('id_token')))
    assert.equal(claims.nonce, 'n-1', type)
    assert.ok(claims.sid, type)
    const hashes = [claims.at_hash, claims.c_hash]
    const expected = ['access_token', 'code'].map((name) =>
      answer.has(name) ? halfHash(answer.get(name)) : undefined,
    )
    assert.deepEqual(hashes, expected, type)
  }
})

test('the code of a hybrid answer is exchanged like any other', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = await loggedIn(server, clientId)
  const url = codeRequest(clientId, { response_type: 'code id_token' })

  const answer = fragmentOf(await browser.visit(url))

  const { status, body } = await exchange(server, clientId, answer.get('code'))
  assert.equal(status, 200)
  assert.equal(decodeJwt(body.id_token).nonce, 'n-1')
})

test('a token for an API lives as long as the API lets pages have it', async () => {
  const { server, clientId } = await serverWithApp()
  await server.manage('POST', '/resource-servers', {
    ...{ name: 'Orders', identifier: 'orders', token_lifetime_for_web: 600 },
    scopes: [{ value: 'read:orders' }],
  })
  const browser = await loggedIn(server, clientId)
  const url = implicit(clientId, {
    ...{ response_type: 'token', audience: 'orders', scope: 'read:orders offline_access' },
    nonce: undefined,
  })

  const answer = fragmentOf(await browser.visit(url))

  const claims = decodeJwt(String(answer.get('access_token')))
  assert.equal(answer.get('expires_in'), '600')
  assert.equal(Number(claims.exp) - Number(claims.iat), 600)
  assert.equal(claims.scope, 'read:orders')
  assert.equal(answer.get('scope'), 'read:orders')
})

test('an ID token on the front channel needs a nonce, and the query is no place for it', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = await loggedIn(server, clientId)

  const noNonce = fragmentOf(await browser.visit(implicit(clientId, { nonce: undefined })))
  const query = await browser.visit(implicit(clientId, { response_mode: 'query' }))

  assert.equal(noNonce.get('error'), 'invalid_request')
  assert.doesNotMatch(String(query.location), /token=/)
})

test('form_post answers with a form that is sent to the application', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)
  const url = implicit(clientId, { response_type: 'id_token', response_mode: 'form_post' })

  const page = await logIn(server, browser, url)
  const refused = await new TestBrowser(server).visit(
    implicit(clientId, { response_mode: 'form_post', prompt: 'none' }),
  )

  assert.equal(page.status, 200)
  assert.match(page.text, new RegExp(`<form method="post" action="${callback}"`))
  assert.match(page.text, /name="id_token" value="ey/)
  assert.match(page.text, /name="state" value="abc"/)
  assert.match(refused.text, /name="error" value="login_required"/)
})

test('web_message answers with a script for the page of the web origin, also with a refusal', async () => {
  const { server, clientId } = await serverWithApp()
  const silent = codeRequest(clientId, { response_mode: 'web_message', prompt: 'none' })
  const stranger = await new TestBrowser(server).visit(silent)
  const browser = await loggedIn(server, clientId)
  const page = await browser.visit(silent)

  assert.equal(stranger.status, 400)
  assert.match(stranger.text, /"error":"login_required","error_description":"Login required"/)
  assert.match(stranger.text, /"state":"abc"/)
  assert.equal(page.status, 200)
  assert.match(page.text, /authorization_response/)
  assert.match(page.text, /"code":"[^"]+"/)
  assert.match(page.text, new RegExp(`"redirect_uri":"${callback}"`))
  for (const { headers } of [stranger, page]) {
    assert.equal(headers['x-frame-options'], undefined)
    assert.doesNotMatch(String(headers['content-security-policy'] ?? ''), /frame-ancestors/)
    assert.equal(headers['cache-control'], 'no-store')
  }
})

test('what an application hints at is filled in and gone by', async () => {
  const { server, clientId } = await serverWithApp()

  const page = await new TestBrowser(server).visit(
    codeRequest(clientId, { login_hint: '+49 1512 3456789', screen_hint: 'signup', 'ext-a': 'b' }),
  )

  assert.match(page.text, /value="\+49 1512 3456789"/)
})

test('a required second factor comes before the session, and is asked of silent requests too', async () => {
  const { server, clientId } = await serverWithApp({ provider: 'twilio' })
  const before = await loggedIn(server, clientId)
  await server.manage('PUT', '/guardian/factors/sms', { enabled: true })
  await server.manage('PUT', '/guardian/factors/phone/message-types', { message_types: ['sms'] })
  await server.manage('PUT', '/guardian/policies', ['all-applications'])
  const silent = codeRequest(clientId, { prompt: 'none' })

  const known = answerOf(await before.visit(silent))
  const browser = new TestBrowser(server)
  const page = await askForCode(browser, codeRequest(clientId))
  const state = /name="state" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const next = await browser.send('POST', '/u/login-passwordless-sms-otp', {
    ...{ state, code: await server.newestCode() },
  })

  assert.equal(known.get('error'), 'login_required')
  assert.equal(known.get('error_description'), 'Multifactor authentication required')
  assert.match(String(next.location), /^\/u\/mfa\?state=/)
  assert.ok(!browser.cookies.has('__Host-auth0'))
  // Who goes round the page gets no further.
  assert.equal((await browser.visit(`/authorize/${state}`)).location, undefined)
  assert.equal(answerOf(await browser.visit(silent)).get('error_description'), 'Login required')
})

test('an application may want a second factor itself', async () => {
  const { server, clientId } = await serverWithApp({ provider: 'twilio' })
  await server.manage('PUT', '/guardian/factors/sms', { enabled: true })
  await server.manage('PUT', '/guardian/factors/phone/message-types', { message_types: ['sms'] })
  const browser = await loggedIn(server, clientId)
  const acr_values = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'

  const visit = await browser.send('GET', codeRequest(clientId, { acr_values }))
  const silent = answerOf(
    await browser.visit(codeRequest(clientId, { acr_values, prompt: 'none' })),
  )

  assert.match(String(visit.location), /^\/u\/mfa\?state=/)
  assert.equal(silent.get('error_description'), 'Multifactor authentication required')
})

test('cookies are signed, out of reach of scripts, and only for TLS where there is TLS', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = await loggedIn(server, clientId)
  const plain = await serverWithApp()
  const { host, name } = plain.server.tenant
  const move = (scheme: string) =>
    plain.server.app.deps.db.script(
      `update tenants set url = '${scheme}://${host}' where id = '${name}'`,
    )
  await move('http')
  const insecure = new TestBrowser(plain.server)
  const page = await askForCode(insecure, codeRequest(plain.clientId))
  await move('https')
  const code = await plain.server.newestCode()
  await move('http')
  await insecure.submit(page, { code })

  const session = browser.attributesOf('__Host-auth0') ?? ''
  assert.match(session, /httponly/i)
  assert.match(session, /secure/i)
  assert.match(session, /samesite=none/i)
  assert.ok(browser.cookies.has('__Host-auth0.sig'))
  assert.match(browser.attributesOf('__Host-auth0_b') ?? '', /samesite=lax; secure; httponly/i)
  const local = insecure.attributesOf('auth0') ?? ''
  assert.match(local, /samesite=lax/i)
  assert.doesNotMatch(local, /secure/i)
})
