import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestBrowser } from './browser-jar.ts'
import type { TestServerOptions } from './harness.ts'
import { answerOf, codeRequest, exchange, phone, serverWithApp } from './login-app.ts'

/** A tenant that has turned the older way on, with an application and a code on its way. */
async function prepare(options: TestServerOptions = {}) {
  const { server, clientId } = await serverWithApp(options)
  const turn = (on: boolean) =>
    server.manage('PATCH', '/tenants/settings', { flags: { allow_legacy_ro_grant_types: on } })
  await turn(true)
  const start = { client_id: clientId, connection: 'sms', phone_number: phone, send: 'code' }
  await server.post('/passwordless/start', start)
  const code = await server.newestCode()
  const typed = (change: object = {}) => ({
    ...{ client_id: clientId, connection: 'sms', phone_number: phone, verification_code: code },
    ...change,
  })
  const verify = (change: object = {}) => server.post('/passwordless/verify', typed(change))
  /** Where the application sends the browser afterwards. */
  const redirectUrl = (change: Record<string, string> = {}, spelling = 'verify_redirect') => {
    const url = new URL(codeRequest(clientId), 'http://any.test')
    url.searchParams.set('protocol', 'oauth2')
    for (const [name, value] of Object.entries(typed(change))) url.searchParams.set(name, value)
    return `/passwordless/${spelling}${url.search}`
  }
  const wrong = code === '000000' ? '111111' : '000000'
  return { server, clientId, turn, start, code, wrong, verify, redirectUrl }
}

const wrongAnswer = {
  error: 'invalid_user_password',
  error_description: 'Wrong phone number or verification code.',
}

for (const spelling of ['verify_redirect', 'verify-redirect']) {
  test(`a code that was found right twice logs in once, at ${spelling}`, async () => {
    const { server, clientId, verify, redirectUrl } = await prepare()

    const [first, second] = [await verify(), await verify()]
    const browser = new TestBrowser(server)
    const end = await browser.visit(redirectUrl({}, spelling))
    const login = await exchange(server, clientId, answerOf(end).get('code'))
    const again = answerOf(await new TestBrowser(server).visit(redirectUrl({}, spelling)))
    const checkedLate = await verify()

    assert.deepEqual([first.status, first.body], [200, {}], first.text)
    assert.deepEqual([second.status, second.body], [200, {}])
    assert.equal(login.status, 200, login.text)
    assert.equal(answerOf(end).get('state'), 'abc')
    assert.deepEqual(
      [again.get('error'), again.get('error_description')],
      ['access_denied', 'Wrong phone number or verification code.'],
    )
    assert.deepEqual([checkedLate.status, checkedLate.body], [401, wrongAnswer])
    // The session is there for the next request.
    const silent = answerOf(await browser.visit(codeRequest(clientId, { prompt: 'none' })))
    assert.ok(silent.has('code'))
  })
}

for (const engine of ['pglite', 'postgres'] as const) {
  test(`on ${engine} two browsers with one right code at once: one of them is logged in`, async () => {
    const { server, redirectUrl } = await prepare({ engine })

    const ends = await Promise.all(
      [1, 2].map(() => new TestBrowser(server).visit(redirectUrl()).then(answerOf)),
    )

    assert.equal(ends.filter((answer) => answer.has('code')).length, 1)
    assert.equal(ends.filter((answer) => answer.get('error') === 'access_denied').length, 1)
  })
}

test('wrong codes are counted by the check as by the login, and told to the log', async () => {
  const { server, verify, wrong } = await prepare()

  const answers = []
  for (let guess = 0; guess < 4; guess += 1) {
    answers.push(await verify({ verification_code: wrong }))
  }
  const right = await verify()
  const { body: logs } = await server.manage('GET', '/logs?q=type:fepotpft')

  assert.deepEqual(
    answers.map(({ status, body }) => [status, body]),
    answers.map(() => [401, wrongAnswer]),
  )
  // Three wrong guesses end a code.
  assert.equal(right.status, 401)
  assert.equal(logs.length, 5)
  assert.ok(!JSON.stringify(logs).includes(phone))
})

test('a number without guesses left is told so before its code is looked at', async () => {
  const { server, start, verify, wrong } = await prepare()
  let code = ''
  for (let round = 0; round < 4; round += 1) {
    for (let guess = 0; guess < 3; guess += 1) await verify({ verification_code: wrong })
    server.clock.advance(31_000)
    await server.post('/passwordless/start', start)
    code = await server.newestCode()
  }

  const answer = await verify({ verification_code: code })

  assert.deepEqual([answer.status, answer.body.error], [429, 'too_many_attempts'])
  assert.equal(answer.headers['retry-after'], '360')
})

test('the documented body exchanges the code for tokens', async () => {
  const { server, clientId, code, wrong } = await prepare()
  await server.manage('PATCH', `/clients/${clientId}`, {
    grant_types: ['http://auth0.com/oauth/grant-type/passwordless/otp'],
  })
  const typed = { grant_type: 'password', client_id: clientId, connection: 'sms' }
  const send = (change: object) =>
    server.post('/passwordless/verify', { ...typed, username: phone, scope: 'openid', ...change })

  const refused = await send({ password: wrong })
  const login = await send({ password: code })
  const again = await send({ password: code })

  assert.deepEqual([refused.status, refused.body], [401, wrongAnswer])
  assert.equal(login.status, 200, login.text)
  assert.equal(typeof login.body.id_token, 'string')
  assert.deepEqual([again.status, again.body], [401, wrongAnswer])
})

test('what is missing or unknown is refused, and counts as no guess', async () => {
  const { server, clientId, verify } = await prepare()
  const whole = { grant_type: 'password', client_id: clientId, connection: 'sms' }
  const missing = (name: string) => `Missing required parameter: ${name}`
  const table: [object, number, string, string?][] = [
    [{ phone_number: undefined }, 400, 'invalid_request', missing('phone_number')],
    [{ verification_code: '' }, 400, 'invalid_request', missing('verification_code')],
    [{ connection: undefined }, 400, 'invalid_request', missing('connection')],
    [{ client_id: undefined }, 400, 'invalid_request', missing('client_id')],
    [{ client_id: 'nobody' }, 401, 'invalid_client'],
    [{ connection: 'nothing' }, 400, 'invalid_request'],
    [{ phone_number: 'no number' }, 401, 'invalid_user_password'],
    [{ ...whole, password: '1' }, 400, 'invalid_request', missing('username')],
    [{ ...whole, username: phone }, 400, 'invalid_request', missing('password')],
    [{ ...whole, grant_type: 'other' }, 400, 'unsupported_grant_type'],
  ]
  for (const [change, status, error, description] of table) {
    const answer = await verify(change)
    assert.deepEqual([answer.status, answer.body.error], [status, error], JSON.stringify(change))
    if (description !== undefined) assert.equal(answer.body.error_description, description)
  }
  assert.equal((await verify()).status, 200)
  assert.equal((await server.manage('GET', '/logs?q=type:fepotpft')).body.length, 0)
})

test('a tenant that has not turned it on does not have it, and the code stays', async () => {
  const { server, turn, verify, redirectUrl } = await prepare()
  await turn(false)

  const answers = [await verify(), await server.get(redirectUrl())]
  await turn(true)

  for (const { status, body } of answers) {
    assert.deepEqual([status, body.error], [404, 'endpoint_disabled'])
  }
  assert.equal((await verify()).status, 200)
})

test('a redirect that asks for what is refused is told so, and uses nothing up', async () => {
  const { server, verify, redirectUrl } = await prepare()

  const end = await new TestBrowser(server).visit(redirectUrl({ audience: 'https://no.api.test/' }))

  assert.equal(answerOf(end).get('error'), 'access_denied')
  assert.equal((await verify()).status, 200)
})

test('a redirect whose application or callback is wrong ends on a page, and uses nothing up', async () => {
  const { server, verify, redirectUrl } = await prepare()

  const stranger = await server.get(redirectUrl({ client_id: 'nobody' }))
  const elsewhere = await server.get(redirectUrl({ redirect_uri: 'https://elsewhere.test/' }))

  for (const answer of [stranger, elsewhere]) {
    assert.equal(answer.status, 400)
    assert.match(String(answer.headers['content-type']), /^text\/html/)
    assert.equal(answer.headers.location, undefined)
  }
  assert.equal((await verify()).status, 200)
})
