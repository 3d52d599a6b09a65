import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { sql } from '../src/store/sql.ts'
import { authorizeUrl, TestBrowser } from './browser-jar.ts'
import {
  addApp,
  answerOf,
  askForCode,
  callback,
  codeRequest,
  exchange,
  logIn,
  phone,
  serverWithApp,
} from './login-app.ts'

test('a person logs in by text, and the application gets tokens for the code', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)

  const answer = answerOf(await logIn(server, browser, codeRequest(clientId)))

  assert.equal(answer.get('state'), 'abc')
  const { status, body } = await exchange(server, clientId, answer.get('code'))
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

test('with a session another application gets its code without a page, of the same session', async () => {
  const { server, clientId } = await serverWithApp()
  const other = await addApp(server)
  const browser = new TestBrowser(server)
  const first = answerOf(await logIn(server, browser, codeRequest(clientId)))

  const silent = answerOf(await browser.visit(codeRequest(other, { prompt: 'none' })))

  const one = await exchange(server, clientId, first.get('code'))
  const two = await exchange(server, other, silent.get('code'))
  assert.equal(two.status, 200)
  assert.equal(decodeJwt(one.body.id_token).sid, decodeJwt(two.body.id_token).sid)
  assert.deepEqual(await server.logs(), ['cs', 'ss', 's', 'seacft', 'seacft'])
})

test('without a session prompt=none is refused with the words that SDKs compare', async () => {
  const { server, clientId } = await serverWithApp()

  const visit = await new TestBrowser(server).visit(codeRequest(clientId, { prompt: 'none' }))

  assert.equal(visit.status, 303)
  const answer = answerOf(visit)
  assert.equal(answer.get('error'), 'login_required')
  assert.equal(answer.get('error_description'), 'Login required')
  assert.equal(answer.get('state'), 'abc')
})

test('prompt=login and an old session ask again, and the ID token tells when the person logged in', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)
  await logIn(server, browser, codeRequest(clientId))
  for (const change of [{ prompt: 'login' }, { prompt: 'select_account' }, { max_age: '0' }]) {
    const page = await browser.visit(codeRequest(clientId, change))
    assert.match(page.text, /data-screen="login-id"/, JSON.stringify(change))
  }

  const within = answerOf(await browser.visit(codeRequest(clientId, { max_age: '3600' })))

  const { body } = await exchange(server, clientId, within.get('code'))
  assert.ok(Number(decodeJwt(body.id_token).auth_time) > 1_700_000_000)
})

test('connection=sms asks for a code whatever session there is, but prompt=none may use it', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)
  await logIn(server, browser, codeRequest(clientId))

  const page = await browser.visit(codeRequest(clientId, { connection: 'sms' }))
  const silent = await browser.visit(codeRequest(clientId, { connection: 'sms', prompt: 'none' }))

  assert.match(page.text, /data-screen="login-id"/)
  assert.ok(answerOf(silent).get('code'))
})

test('a session ends when it was not used, and at the latest when its time is over', async () => {
  const { server, clientId } = await serverWithApp()
  const silent = codeRequest(clientId, { prompt: 'none' })
  const hours = (count: number) => count * 3_600_000
  const [idle, busy] = [new TestBrowser(server), new TestBrowser(server)]
  await logIn(server, idle, codeRequest(clientId))
  await logIn(server, busy, codeRequest(clientId))

  server.clock.advance(hours(70))
  assert.ok(answerOf(await busy.visit(silent)).get('code'))
  server.clock.advance(hours(3))
  assert.equal(answerOf(await idle.visit(silent)).get('error'), 'login_required')
  server.clock.advance(hours(67))
  assert.ok(answerOf(await busy.visit(silent)).get('code'))
  server.clock.advance(hours(29))
  assert.equal(answerOf(await busy.visit(silent)).get('error'), 'login_required')
})

test('the session of a person who was blocked or deleted is worth nothing', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)
  await logIn(server, browser, codeRequest(clientId))
  const { body: users } = await server.manage('GET', '/users')
  await server.manage('PATCH', `/users/${encodeURIComponent(users[0].user_id)}`, { blocked: true })

  const answer = answerOf(await browser.visit(codeRequest(clientId, { prompt: 'none' })))

  assert.equal(answer.get('error'), 'login_required')
})

test('who logs in as somebody else takes the place of the session', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)
  const one = answerOf(await logIn(server, browser, codeRequest(clientId)))

  const two = answerOf(
    await logIn(server, browser, codeRequest(clientId, { prompt: 'login' }), '+14155550138'),
  )

  const first = decodeJwt((await exchange(server, clientId, one.get('code'))).body.id_token)
  const second = decodeJwt((await exchange(server, clientId, two.get('code'))).body.id_token)
  assert.equal(second.phone_number, '+14155550138')
  assert.notEqual(first.sid, second.sid)
})

const unsafe: readonly [what: string, change: Record<string, string | undefined>][] = [
  ['an unknown client', { client_id: 'nobody' }],
  ['no client', { client_id: undefined }],
  ['an address that is not registered', { redirect_uri: 'https://evil.test/callback' }],
  ['a deeper subdomain', { redirect_uri: 'https://a.b.preview.example.test/callback' }],
  ['no address where several are registered', { redirect_uri: undefined }],
  [
    'a message to a page that is no web origin',
    { response_mode: 'web_message', redirect_uri: 'https://x.preview.example.test/callback' },
  ],
  ['a character that no database takes', { state: 'a\0b' }],
]

test('what is wrong with client or callback is told on a page, never by a redirect', async () => {
  const { server, clientId } = await serverWithApp()
  for (const [what, change] of unsafe) {
    const visit = await new TestBrowser(server).send('GET', codeRequest(clientId, change))
    assert.equal(visit.status, 400, what)
    assert.equal(visit.location, undefined, what)
    assert.match(visit.text, /data-screen="status"/, what)
  }
  const twice = await new TestBrowser(server).send('GET', `${codeRequest(clientId)}&state=b`)
  assert.equal(twice.status, 400)
  assert.equal(twice.location, undefined)
})

const refused: readonly [
  what: string,
  change: Record<string, string | undefined>,
  error: string,
  description?: string,
][] = [
  ['an unknown API', { audience: 'nope' }, 'access_denied', 'Service not found: nope'],
  ['an unknown response type', { response_type: 'magic' }, 'unsupported_response_type'],
  ['no response type', { response_type: undefined }, 'invalid_request'],
  ['PKCE in plain', { code_challenge_method: 'plain' }, 'invalid_request'],
  ['an unknown prompt', { prompt: 'dance' }, 'invalid_request'],
  [
    'an unknown connection',
    { connection: 'nope' },
    'invalid_request',
    'the connection was not found',
  ],
]

test('what else is wrong is told to the application, with its state', async () => {
  const { server, clientId } = await serverWithApp()
  for (const [what, change, error, description] of refused) {
    const visit = await new TestBrowser(server).visit(codeRequest(clientId, change))
    const answer = answerOf(visit)
    assert.ok(visit.location?.startsWith(callback), what)
    assert.equal(answer.get('error'), error, what)
    assert.equal(answer.get('state'), 'abc', what)
    if (description !== undefined) assert.equal(answer.get('error_description'), description, what)
  }
})

test('a client gets what its grant types allow', async () => {
  const { server } = await serverWithApp()
  const noCode = await addApp(server, { grant_types: ['implicit'] })
  const noImplicit = await addApp(server, { grant_types: ['authorization_code'] })
  const foreign = await addApp(server, { is_first_party: false })
  const browser = new TestBrowser(server)

  const code = await browser.visit(codeRequest(noCode))
  const implicit = await browser.visit(codeRequest(noImplicit, { response_type: 'id_token' }))
  const third = await browser.visit(codeRequest(foreign))

  assert.equal(answerOf(code).get('error'), 'unauthorized_client')
  assert.match(String(implicit.location), /#error=unauthorized_client/)
  assert.equal(answerOf(third).get('error'), 'consent_required')
})

test('an address may be left out where one is registered, and a wildcard stands for one label', async () => {
  const { server } = await serverWithApp()
  const one = await addApp(server, { callbacks: [callback] })
  const wild = await addApp(server, { callbacks: ['https://*.preview.example.test/callback'] })
  const browser = new TestBrowser(server)

  const answer = await logIn(server, browser, codeRequest(one, { redirect_uri: undefined }))
  const there = await browser.visit(
    codeRequest(wild, { redirect_uri: 'https://pr-7.preview.example.test/callback' }),
  )

  assert.ok(answer.location?.startsWith(`${callback}?code=`))
  assert.ok(there.location?.startsWith('https://pr-7.preview.example.test/callback?code='))
})

test('a request may be posted', async () => {
  const { server, clientId } = await serverWithApp()
  const url = new URL(codeRequest(clientId), server.tenant.url)

  const visit = await new TestBrowser(server).send(
    'POST',
    '/authorize',
    Object.fromEntries(url.searchParams),
  )

  assert.equal(visit.status, 303)
  assert.match(String(visit.location), /^\/u\/login-id\?state=/)
})

test('an application without openid gets an access token that tells nothing', async () => {
  const { server, clientId } = await serverWithApp()

  const url = codeRequest(clientId, { scope: 'read:nothing' })
  const answer = answerOf(await logIn(server, new TestBrowser(server), url))

  const { body } = await exchange(server, clientId, answer.get('code'))
  assert.equal(body.scope, '')
  assert.equal(body.id_token, undefined)
})

test('an API, offline access and a confidential client: the tokens are those of the request', async () => {
  const { server } = await serverWithApp()
  const { body: client } = await server.manage('POST', '/clients', {
    ...{ name: 'Web', app_type: 'regular_web', callbacks: [callback] },
  })
  await server.manage('POST', '/resource-servers', {
    ...{ name: 'Orders', identifier: 'orders', allow_offline_access: true },
    scopes: [{ value: 'read:orders' }],
  })
  const url = authorizeUrl({
    ...{ client_id: client.client_id, response_type: 'code', redirect_uri: callback },
    ...{ audience: 'orders', scope: 'openid read:orders offline_access write:orders' },
  })
  const answer = answerOf(await logIn(server, new TestBrowser(server), url))
  const code = answer.get('code')

  const unproved = await exchange(server, client.client_id, code, { code_verifier: undefined })
  const { body } = await exchange(server, client.client_id, code, {
    ...{ client_secret: client.client_secret, code_verifier: undefined, redirect_uri: undefined },
  })

  assert.equal(unproved.status, 401)
  assert.equal(body.scope, 'openid read:orders offline_access')
  assert.deepEqual(decodeJwt(body.access_token).aud, ['orders', `${server.tenant.url}/userinfo`])
  const renewed = await server.post('/oauth/token', {
    ...{ grant_type: 'refresh_token', refresh_token: body.refresh_token },
    ...{ client_id: client.client_id, client_secret: client.client_secret },
  })
  assert.equal(renewed.status, 200)
  assert.equal(decodeJwt(renewed.body.id_token).nonce, undefined)
})

test('a page is kept by nobody, framed by nobody and loads nothing from elsewhere', async () => {
  const { server, clientId } = await serverWithApp()

  const { headers, text } = await askForCode(new TestBrowser(server), codeRequest(clientId))

  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['referrer-policy'], 'same-origin')
  const policy = String(headers['content-security-policy'])
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.doesNotMatch(policy, /form-action|unsafe/)
  assert.doesNotMatch(text, /<script(?! src="\/u\/assets)/)
})

test('an address begins 500 logins a minute at most, unless the tenant trusts it', async () => {
  const { server, clientId } = await serverWithApp()
  const { db } = server.app.deps
  const silent = codeRequest(clientId, { prompt: 'none' })
  await new TestBrowser(server).visit(silent)
  await db.run(sql`
    update limit_buckets set full_at = full_at + 60000
     where tenant_id = ${server.tenant.name} and key like 'authorize:%'`)

  const refused = await new TestBrowser(server).visit(silent)
  await server.manage('PATCH', '/attack-protection/suspicious-ip-throttling', {
    allowlist: ['127.0.0.1'],
  })
  const trusted = await new TestBrowser(server).visit(silent)

  assert.equal(refused.status, 429)
  assert.ok(Number(refused.headers['retry-after']) >= 1)
  assert.equal(answerOf(trusted).get('error'), 'login_required')
})
