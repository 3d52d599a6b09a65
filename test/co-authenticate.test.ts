import assert from 'node:assert/strict'
import { test } from 'node:test'
import { passwordRealmGrant } from '../src/contract/password-grants.ts'
import { passwordlessOtpGrant } from '../src/contract/passwordless.ts'
import { TestBrowser } from './browser-jar.ts'
import type { TestServer, TestServerOptions } from './harness.ts'
import {
  addApp,
  answerOf,
  callback,
  codeRequest,
  exchange,
  phone,
  serverWithApp,
} from './login-app.ts'

const origin = new URL(callback).origin

/** A server with an application that logs people in on its own page. */
async function prepare(options: TestServerOptions = {}) {
  const { server, clientId } = await serverWithApp(options, { cross_origin_authentication: true })
  const { body: people } = await server.manage('POST', '/connections', {
    ...{ name: 'people', strategy: 'auth0', enabled_clients: [clientId] },
  })
  assert.equal(people.name, 'people')
  await server.manage('POST', '/users', {
    ...{ connection: 'people', email: 'ada@example.com', password: 'A long enough Passw0rd!' },
  })
  const code = async () => {
    await server.post('/passwordless/start', {
      ...{ client_id: clientId, connection: 'sms', phone_number: phone, send: 'code' },
    })
    return server.newestCode()
  }
  const byCode = async (change: object = {}) => ({
    ...{ client_id: clientId, credential_type: passwordlessOtpGrant, realm: 'sms' },
    ...{ username: phone, otp: await code(), ...change },
  })
  return { server, clientId, byCode }
}

const ask = (server: TestServer, body: unknown, from = origin) =>
  server.post('/co/authenticate', body, { origin: from })

/** The cookie of an answer, in a browser that has no other. */
function browserWith(server: TestServer, reply: Awaited<ReturnType<typeof ask>>): TestBrowser {
  const browser = new TestBrowser(server)
  browser.keep(String(reply.headers['set-cookie']))
  return browser
}

for (const engine of ['pglite', 'postgres'] as const) {
  test(`on ${engine} a ticket is worth a session once, also where two pages come with it at once`, async () => {
    const { server, clientId, byCode } = await prepare({ engine })
    const asked = await ask(server, await byCode())
    assert.equal(asked.status, 200, asked.text)
    assert.deepEqual(Object.keys(asked.body).sort(), ['co_id', 'co_verifier', 'login_ticket'])
    assert.equal(asked.headers['access-control-allow-origin'], origin)
    assert.equal(asked.headers['access-control-allow-credentials'], 'true')
    const url = codeRequest(clientId, { realm: 'sms', login_ticket: asked.body.login_ticket })

    const browsers = [browserWith(server, asked), browserWith(server, asked)]
    const ends = await Promise.all(browsers.map((browser) => browser.visit(url)))

    const answers = ends.map(answerOf)
    const codes = answers.flatMap((answer) => answer.get('code') ?? [])
    assert.equal(codes.length, 1)
    assert.deepEqual(
      answers.flatMap((answer) => answer.get('error') ?? []),
      ['login_required'],
    )
    const tokens = await exchange(server, clientId, codes[0] ?? '')
    assert.equal(tokens.status, 200, tokens.text)
  })
}

test('a password is worth a ticket, with and without a realm, and the session answers silently', async () => {
  const { server, clientId } = await prepare()
  await server.manage('PATCH', '/tenants/settings', { default_directory: 'people' })
  const given = { client_id: clientId, username: 'ada@example.com' }
  for (const body of [
    { ...given, credential_type: passwordRealmGrant, realm: 'people' },
    { ...given, credential_type: 'password' },
  ]) {
    const asked = await ask(server, { ...body, password: 'A long enough Passw0rd!' })
    assert.equal(asked.status, 200, asked.text)
    const browser = browserWith(server, asked)
    const { login_ticket } = asked.body
    const first = await browser.visit(codeRequest(clientId, { login_ticket, prompt: 'none' }))
    assert.ok(answerOf(first).get('code'), first.location)
    const again = await browser.visit(codeRequest(clientId, { prompt: 'none' }))
    assert.ok(answerOf(again).get('code'), again.location)
  }
})

test('a ticket is worth nothing in another browser, for another client, or after a minute', async () => {
  const { server, clientId, byCode } = await prepare()
  const other = await addApp(server)
  const refusal = async (
    use: (ticket: string, own: TestBrowser) => ReturnType<TestBrowser['visit']>,
  ) => {
    const asked = await ask(server, await byCode())
    server.clock.advance(1000)
    return answerOf(await use(asked.body.login_ticket, browserWith(server, asked))).get('error')
  }
  const url = (client: string, login_ticket: string) => codeRequest(client, { login_ticket })

  assert.equal(
    await refusal((ticket) => new TestBrowser(server).visit(url(clientId, ticket))),
    'login_required',
  )
  assert.equal(await refusal((ticket, own) => own.visit(url(other, ticket))), 'login_required')
  assert.equal(
    await refusal((ticket, own) => {
      server.clock.advance(60_000)
      return own.visit(url(clientId, ticket))
    }),
    'login_required',
  )
})

test('a second factor is asked for after a ticket', async () => {
  const { server, clientId, byCode } = await prepare()
  await server.manage('PUT', '/guardian/factors/sms', { enabled: true })
  await server.manage('PUT', '/guardian/factors/phone/message-types', { message_types: ['sms'] })
  await server.manage('PUT', '/guardian/policies', ['all-applications'])
  const asked = await ask(server, await byCode())
  const { login_ticket } = asked.body

  const page = await browserWith(server, asked).visit(codeRequest(clientId, { login_ticket }))

  assert.match(page.text, /data-screen="mfa-/)
  assert.deepEqual(
    (await server.logs()).filter((type) => type === 's'),
    [],
  )
})

test('what is refused, in the words that pages show', async () => {
  const { server, clientId, byCode } = await prepare()
  const right = await byCode()
  const { body: plain } = await server.manage('POST', '/clients', { name: 'Plain' })
  const password = {
    ...{ client_id: clientId, credential_type: passwordRealmGrant, realm: 'people' },
    ...{ username: 'ada@example.com', password: 'wrong' },
  }
  const exactly = (members: string) =>
    `Invalid request body. All and only of client_id, credential_type, username, ${members} are required.`
  const cases: [body: object, status: number, error: string, description: string][] = [
    [{ ...right, otp: undefined }, 400, 'invalid_request', exactly('otp, realm')],
    [{ ...right, scope: 'openid' }, 400, 'invalid_request', exactly('otp, realm')],
    [{ ...password, realm: undefined }, 400, 'invalid_request', exactly('password, realm')],
    [{ ...right, realm: 'none' }, 400, 'invalid_request', 'Unknown realm none'],
    [
      { ...right, credential_type: 'x' },
      ...([400, 'unsupported_credential_type', 'Unknown or unsupported credential_type.'] as const),
    ],
    [
      { ...right, client_id: plain.client_id },
      ...([401, 'unauthorized_client', 'Cross origin login not allowed.'] as const),
    ],
    [{ ...right, client_id: 'nobody' }, 401, 'invalid_client', 'Unauthorized'],
    [
      { ...right, otp: right.otp === '000000' ? '000001' : '000000' },
      ...([403, 'access_denied', 'Wrong phone number or verification code.'] as const),
    ],
    [password, 403, 'access_denied', 'Wrong email or password.'],
  ]
  for (const [body, status, error, error_description] of cases) {
    const reply = await ask(server, body)
    assert.deepEqual([reply.status, reply.body], [status, { error, error_description }])
  }
  const stranger = await ask(server, right, 'https://stranger.example')
  assert.equal(stranger.status, 403)
  assert.deepEqual(stranger.body, {
    description: 'Origin https://stranger.example is not allowed.',
  })
  assert.equal(stranger.headers['access-control-allow-origin'], undefined)
  assert.equal((await ask(server, right)).status, 200, 'nothing of it spent the code')
})
