import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestBrowser } from './browser-jar.ts'
import { testServer } from './harness.ts'
import {
  answerOf,
  askForCode,
  codeRequest,
  exchange,
  logIn,
  phone,
  serverWithApp,
} from './login-app.ts'
import { openMigrated } from './migrated.ts'

const stateOf = (text: string) => /name="state" value="([^"]+)"/.exec(text)?.[1] ?? ''
const otp = '/u/login-passwordless-sms-otp'

test('a login belongs to the browser that began it', async () => {
  const { server, clientId } = await serverWithApp()
  const [mine, theirs] = [new TestBrowser(server), new TestBrowser(server)]
  const page = await askForCode(mine, codeRequest(clientId))
  await theirs.visit(codeRequest(clientId))
  const state = stateOf(page.text)
  const code = await server.newestCode()

  const seen = await theirs.send('GET', `${otp}?state=${state}`)
  const sent = await theirs.send('POST', otp, { state, code, action: 'default' })
  const watched = await theirs.send('GET', `/u/delivery?state=${state}`)

  assert.deepEqual([seen.status, sent.status, watched.status], [400, 400, 404])
  assert.match(sent.text, /data-screen="status"/)
  assert.ok(answerOf(await mine.submit(page, { code, action: 'default' })).get('code'))
})

test('a form of another site is refused', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)
  const page = await askForCode(browser, codeRequest(clientId))
  const form = { state: stateOf(page.text), code: await server.newestCode(), action: 'default' }

  const byOrigin = await browser.send('POST', otp, form, { origin: 'https://evil.test' })
  const byNull = await browser.send('POST', otp, form, { origin: 'null' })
  const bySite = await browser.send('POST', otp, form, { 'sec-fetch-site': 'cross-site' })
  const own = await browser.send('POST', otp, form, {
    ...{ origin: server.tenant.url, 'sec-fetch-site': 'same-origin' },
  })

  assert.deepEqual([byOrigin.status, byNull.status, bySite.status], [400, 400, 400])
  assert.equal(own.status, 303)
})

test('two tabs of one browser finish their logins beside each other', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)
  const one = await askForCode(browser, codeRequest(clientId, { state: 'one' }))
  const first = await server.newestCode()
  const two = await browser.visit(codeRequest(clientId, { state: 'two' }))

  const answer = answerOf(await browser.submit(one, { action: 'default', code: first }))
  const page = await browser.submit(two, { action: 'default', country: 'US', phone })
  const other = answerOf(
    await browser.submit(page, { action: 'default', code: await server.newestCode() }),
  )

  assert.deepEqual([answer.get('state'), other.get('state')], ['one', 'two'])
  assert.ok(answer.get('code') && other.get('code'))
})

test('a page that is loaded again sends nothing; the button does, and the number may be changed', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)
  const page = await askForCode(browser, codeRequest(clientId))
  const messages = async () => (await server.logs()).filter((type) => type === 'cs').length

  await browser.visit(`${otp}?state=${stateOf(page.text)}`)
  assert.equal(await messages(), 1)
  const again = await browser.submit(page, { action: 'resend-code' })
  assert.match(again.text, /data-screen="login-passwordless-sms-otp"/)
  assert.equal(await messages(), 2)
  const edit = await browser.submit(again, { action: 'edit' })

  assert.match(edit.text, /data-screen="login-id"/)
  assert.match(edit.text, /value="\+14155550137"/)
  const other = await browser.submit(edit, { country: 'US', phone: '(415) 555-0138' })
  assert.match(other.text, /\+1 415 555 0138/)
  assert.equal(await messages(), 3)
})

test('what is typed wrongly is said at its field, and three wrong codes kill the code', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)
  const first = await browser.visit(codeRequest(clientId))
  for (const [typed, words] of [
    ['', /Enter your phone number/],
    ['12', /does not look like a phone number/],
    ['hello', /does not look like a phone number/],
  ] as const) {
    const back = await browser.submit(first, { country: 'US', phone: typed })
    assert.equal(back.status, 400)
    assert.match(back.text, words)
    assert.match(back.text, /aria-invalid="true"/)
  }
  const page = await browser.submit(first, { country: 'US', phone })
  const right = await server.newestCode()
  const wrong = right === '000000' ? '000001' : '000000'

  assert.match((await browser.submit(page, { code: '' })).text, /Enter the code/)
  assert.match((await browser.submit(page, { code: '12' })).text, /The code has 6 digits/)
  for (let guess = 0; guess < 3; guess += 1) {
    const back = await browser.submit(page, { code: wrong })
    assert.match(back.text, /This code is wrong or too old/)
  }
  assert.match((await browser.submit(page, { code: right })).text, /This code is wrong or too old/)
})

test('the state of the message is told on the page and beside it, equally for a number nobody has', async () => {
  const { server, clientId } = await serverWithApp()
  const known = new TestBrowser(server)
  await logIn(server, known, codeRequest(clientId))
  const { body: connections } = await server.manage('GET', '/connections?strategy=sms')
  const { options } = connections[0]
  await server.manage('PATCH', `/connections/${connections[0].id}`, {
    options: { ...options, disable_signup: true },
  })
  const seen: unknown[] = []
  for (const number of [phone, '+14155550199']) {
    const browser = new TestBrowser(server)
    const page = await askForCode(browser, codeRequest(clientId), number)
    server.clock.advance(1000)
    const told = await browser.send('GET', `/u/delivery?state=${stateOf(page.text)}`)
    const loaded = await browser.visit(`${otp}?state=${stateOf(page.text)}`)
    seen.push([told.status, told.body, /data-delivery="(\w+)"/.exec(loaded.text)?.[1]])
    server.clock.advance(60_000)
  }

  assert.deepEqual(seen[0], [200, { state: 'delivered', final: true }, 'delivered'])
  assert.deepEqual(seen[1], seen[0])
})

test('many people behind one address see what becomes of their messages; a page that asks too often waits', async () => {
  const { server, clientId } = await serverWithApp()
  const asked = async (browser: TestBrowser, state: string, times: number) => {
    const statuses = new Set<number>()
    for (let time = 0; time < times; time += 1) {
      statuses.add((await browser.send('GET', `/u/delivery?state=${state}`)).status)
    }
    return [...statuses]
  }
  for (const number of ['+14155550111', '+14155550112', '+14155550113']) {
    const browser = new TestBrowser(server)
    const page = await askForCode(browser, codeRequest(clientId), number)
    assert.deepEqual(await asked(browser, stateOf(page.text), 59), [200], number)
    assert.deepEqual(await asked(browser, stateOf(page.text), 2), [429], number)
  }
})

test('a page asked for too often waits', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)
  const page = await browser.visit(codeRequest(clientId))
  const statuses: number[] = []

  for (let time = 0; time < 12; time += 1) {
    statuses.push((await browser.submit(page, { country: 'US', phone: '' })).status)
  }

  assert.deepEqual(statuses, [...Array(10).fill(400), 429, 429])
})

test('a login that is over, or not begun, leads to a page that says so', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)
  const page = await askForCode(browser, codeRequest(clientId))
  await browser.submit(page, { code: await server.newestCode() })

  const after = await browser.visit(`${otp}?state=${stateOf(page.text)}`)
  const never = await browser.visit('/u/login-id?state=nothing')
  const resumed = await browser.visit('/authorize/nothing')
  server.clock.advance(3_700_000)
  const late = await browser.visit(`/u/login-id?state=${stateOf(page.text)}`)

  for (const visit of [after, never, resumed, late]) {
    assert.equal(visit.status, 400)
    assert.match(visit.text, /This page has expired/)
  }
})

test('pages speak the language that the application asks for, in the tenant’s own words', async () => {
  const { server, clientId } = await serverWithApp()
  await server.manage('PATCH', '/tenants/settings', { enabled_locales: ['en', 'de', 'ar'] })
  await server.manage('PUT', '/prompts/login-id/custom-text/de', {
    'login-id': { title: 'Hereinspaziert' },
  })
  await server.manage('PATCH', '/branding', { colors: { primary: '#0a6a4c' } })
  const browser = new TestBrowser(server)

  const german = await browser.visit(codeRequest(clientId, { ui_locales: 'xx de' }))
  const arabic = await browser.send('GET', codeRequest(clientId), undefined, {
    'accept-language': 'ar-EG,en;q=0.5',
  })

  assert.match(german.text, /<h1>Hereinspaziert<\/h1>/)
  const theme = /\/u\/theme\/\d+\.css/.exec(german.text)?.[0] ?? ''
  const { text, headers } = await server.get(theme)
  assert.match(text, /#0a6a4c/)
  assert.match(String(headers['cache-control']), /immutable/)
  const page = await browser.send('GET', String(arabic.location), undefined, {
    'accept-language': 'ar-EG,en;q=0.5',
  })
  assert.match(page.text, /<html lang="ar" dir="rtl">/)
})

test('a blocked person is told to the application', async () => {
  const { server, clientId } = await serverWithApp()
  await logIn(server, new TestBrowser(server), codeRequest(clientId))
  const browser = new TestBrowser(server)
  const page = await askForCode(browser, codeRequest(clientId))
  const code = await server.newestCode()
  const { body: users } = await server.manage('GET', '/users')
  await server.manage('PATCH', `/users/${encodeURIComponent(users[0].user_id)}`, { blocked: true })

  const answer = answerOf(await browser.submit(page, { code }))

  assert.equal(answer.get('error'), 'unauthorized')
  assert.equal(answer.get('error_description'), 'user is blocked')
  assert.equal(answer.get('state'), 'abc')
})

for (const engine of ['pglite', 'postgres'] as const) {
  test(`two posts of one right code sign a person in once (${engine})`, async () => {
    const { server, clientId } = await serverWithApp({ engine })
    const browser = new TestBrowser(server)
    const page = await askForCode(browser, codeRequest(clientId))
    const form = { state: stateOf(page.text), code: await server.newestCode(), action: 'default' }

    const posts = await Promise.all([1, 2, 3].map(() => browser.send('POST', otp, form)))

    const ways = posts.filter(({ status }) => status === 303).map(({ location }) => location)
    assert.ok(ways.length >= 1)
    assert.equal(new Set(ways).size, 1)
    const answer = answerOf(await browser.visit(String(ways[0])))
    assert.equal((await exchange(server, clientId, answer.get('code'))).status, 200)
    const logs = await server.logs()
    assert.equal(logs.filter((type) => type === 's').length, 1, logs.join())
    const { body: users } = await server.manage('GET', '/users')
    assert.equal(users[0].logins_count, 1)
  })

  test(`of many exchanges of one code at once one wins (${engine})`, async () => {
    const { server, clientId } = await serverWithApp({ engine })
    const url = codeRequest(clientId, { scope: 'openid offline_access' })
    const answer = answerOf(await logIn(server, new TestBrowser(server), url))
    const code = answer.get('code')

    const replies = await Promise.all([1, 2, 3, 4].map(() => exchange(server, clientId, code)))

    assert.deepEqual(replies.map(({ status }) => status).sort(), [200, 403, 403, 403])
  })
}

test('a code that comes again ends what it was exchanged for, whatever was renewed since', async () => {
  const { server, clientId } = await serverWithApp(
    {},
    { refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring' } },
  )
  const url = codeRequest(clientId, { scope: 'openid offline_access' })
  const answer = answerOf(await logIn(server, new TestBrowser(server), url))
  const code = answer.get('code')
  const renew = (token: string) =>
    server.post('/oauth/token', {
      ...{ grant_type: 'refresh_token', client_id: clientId, refresh_token: token },
    })
  const { body: first } = await exchange(server, clientId, code)
  const { body: second } = await renew(first.refresh_token)

  const again = await exchange(server, clientId, code)

  assert.equal(again.status, 403)
  assert.equal(again.body.error_description, 'Invalid authorization code')
  assert.equal((await renew(second.refresh_token)).status, 403)
})

test('a code is good for its client, its verifier and its address alone, for a minute', async () => {
  const { server, clientId } = await serverWithApp()
  const browser = new TestBrowser(server)
  const answer = answerOf(await logIn(server, browser, codeRequest(clientId)))
  const code = answer.get('code')
  const { clientId: other } = {
    clientId: (
      await server.manage('POST', '/clients', {
        ...{ name: 'Other', app_type: 'spa', token_endpoint_auth_method: 'none' },
      })
    ).body.client_id,
  }
  const attempts = [
    [await exchange(server, other, code), 'Invalid authorization code'],
    [await exchange(server, clientId, 'nothing'), 'Invalid authorization code'],
    [
      await exchange(server, clientId, code, { code_verifier: 'a'.repeat(43) }),
      'Failed to verify code verifier',
    ],
    [
      await exchange(server, clientId, code, { code_verifier: undefined }),
      'Failed to verify code verifier',
    ],
    [
      await exchange(server, clientId, code, { redirect_uri: 'https://evil.test' }),
      'The redirect URI is wrong.',
    ],
  ] as const
  for (const [reply, words] of attempts) {
    assert.equal(reply.status, 403, words)
    assert.equal(reply.body.error, 'invalid_grant')
    assert.equal(reply.body.error_description, words)
  }
  const late = answerOf(await browser.visit(codeRequest(clientId))).get('code')
  assert.equal((await exchange(server, clientId, code)).status, 200)
  server.clock.advance(61_000)
  assert.equal((await exchange(server, clientId, late)).status, 403)
})

test('a login goes on at another node, which shares nothing but the database', async () => {
  const database = await openMigrated('pglite')
  const { server, clientId } = await serverWithApp({ database })
  const other = await testServer({ database, clock: server.clock })
  const browser = new TestBrowser(server)
  const page = await askForCode(browser, codeRequest(clientId))
  const cookie = browser.cookieFor(otp)
  const form = { state: stateOf(page.text), code: await server.newestCode() }

  const there = await other.request('POST', otp, new URLSearchParams(form).toString(), {
    ...{ host: server.tenant.host, cookie },
    'content-type': 'application/x-www-form-urlencoded',
  })

  assert.equal(there.status, 303, there.text)
  assert.ok(answerOf(await browser.visit(String(there.headers.location))).get('code'))
})

test('a text for a page ends with the host that its code is for; one for an application does not', async () => {
  const { server, clientId } = await serverWithApp({ provider: 'twilio' })
  await askForCode(new TestBrowser(server), codeRequest(clientId))
  const code = await server.newestCode()
  const text = server.carrier.requests.at(-1)?.form.get('Body') ?? ''
  assert.equal(text.split('\n').at(-1), `@${server.tenant.host} #${code}`)

  await server.post('/passwordless/start', {
    ...{ client_id: 'demo', connection: 'sms', phone_number: '+14155550188', send: 'code' },
  })
  assert.doesNotMatch(server.carrier.requests.at(-1)?.form.get('Body') ?? '@', /@/)
})
