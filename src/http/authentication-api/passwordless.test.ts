import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestServer, testServer } from '../../../test/harness.ts'

const phone_number = '+14155550137'
const start = { client_id: 'demo', connection: 'sms', phone_number }
const exchange = (otp: string, change: object = {}) => ({
  grant_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
  client_id: 'demo',
  username: phone_number,
  otp,
  realm: 'sms',
  scope: 'openid profile phone offline_access',
  ...change,
})
const wrong = {
  error: 'invalid_grant',
  error_description: 'Wrong phone number or verification code.',
}
const otherThan = (code: string) => (code === '000000' ? '111111' : '000000')

async function messages(server: TestServer) {
  const { body } = await server.manage('GET', '/phone/messages')
  return body.messages
}

test('a started login delivers a code, and the code is good for tokens once', async () => {
  const server = await testServer({ provider: 'twilio' })

  const started = await server.post('/passwordless/start', start, { 'x-request-language': 'de' })

  assert.equal(started.status, 200)
  assert.match(started.body._id, /^[0-9a-f]{24}$/)
  assert.deepEqual(started.body, {
    _id: started.body._id,
    phone_number,
    phone_verified: false,
    request_language: 'de',
  })
  const code = await server.newestCode()
  const [sent] = server.carrier.requests
  assert.equal(sent?.path, '/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json')
  assert.equal(sent?.form.get('To'), phone_number)
  assert.equal(sent?.form.get('From'), '+15005550006')
  assert.ok(sent?.form.get('Body')?.startsWith(`Use ${code} to continue at`))

  const tokens = await server.post('/oauth/token', exchange(code))
  assert.equal(tokens.status, 200, tokens.text)
  assert.equal(tokens.body.token_type, 'Bearer')
  assert.equal(tokens.body.scope, 'openid profile phone offline_access')
  assert.ok(tokens.body.id_token)
  assert.ok(tokens.body.refresh_token)

  const again = await server.post('/oauth/token', exchange(code))
  assert.equal(again.status, 403)
  assert.deepEqual(again.body, wrong)
  assert.deepEqual(await server.logs(), ['cs', 'ss', 's', 'fepotpft'])
})

test('without a provider the code is in the inbox and the message counts as delivered', async () => {
  const server = await testServer()

  const { body } = await server.post('/passwordless/start', start)
  const status = await server.get(`/passwordless/status?id=${body._id}`)
  const code = await server.newestCode()

  assert.deepEqual(status.body, { state: 'delivered', final: true })
  assert.equal((await server.post('/oauth/token', exchange(code))).status, 200)
  const [message] = await messages(server)
  assert.equal(message.provider, 'inbox')
  assert.equal(message.recipient, 'XXXXXXXX0137')
  assert.equal(server.carrier.requests.length, 0)
})

test('one number in any spelling is one account', async () => {
  const server = await testServer()
  const subjects = new Set<string>()

  for (const spelling of ['+14155550137', '+1 (415) 555-0137', '001 415 555 0137']) {
    await server.post('/passwordless/start', { ...start, phone_number: spelling })
    const tokens = await server.post(
      '/oauth/token',
      exchange(await server.newestCode(), { username: spelling }),
    )
    subjects.add(
      JSON.parse(Buffer.from(tokens.body.id_token.split('.')[1], 'base64url').toString()).sub,
    )
  }

  assert.equal(subjects.size, 1)
})

test('only the newest code is good', async () => {
  const server = await testServer()
  await server.post('/passwordless/start', start)
  const first = await server.newestCode()
  server.clock.advance(1)
  await server.post('/passwordless/start', start)
  const second = await server.newestCode()

  if (first !== second) {
    assert.deepEqual((await server.post('/oauth/token', exchange(first))).body, wrong)
  }
  assert.equal((await server.post('/oauth/token', exchange(second))).status, 200)
})

test('a code is dead at its expiry, to the millisecond', async () => {
  const server = await testServer()
  await server.post('/passwordless/start', start)
  const code = await server.newestCode()

  server.clock.advance(180_000)

  assert.deepEqual((await server.post('/oauth/token', exchange(code))).body, wrong)
})

test('a code is good until a millisecond before its expiry', async () => {
  const server = await testServer()
  await server.post('/passwordless/start', start)
  const code = await server.newestCode()

  server.clock.advance(179_999)

  assert.equal((await server.post('/oauth/token', exchange(code))).status, 200)
})

test('three wrong guesses kill a code, and the right one answers like a wrong one', async () => {
  const server = await testServer()
  await server.post('/passwordless/start', start)
  const code = await server.newestCode()

  for (let guess = 0; guess < 3; guess += 1) {
    await server.post('/oauth/token', exchange(otherThan(code)))
  }
  const right = await server.post('/oauth/token', exchange(code))

  assert.deepEqual([right.status, right.body], [403, wrong])
})

test('blanks and dashes in a typed code do not count', async () => {
  const server = await testServer()
  await server.post('/passwordless/start', start)
  const code = await server.newestCode()
  const typed = `${code.slice(0, 3)} - ${code.slice(3)}`

  assert.equal((await server.post('/oauth/token', exchange(typed))).status, 200)
})

test('a new code does not refill the guesses, and without guesses the right code is refused', async () => {
  const server = await testServer()
  await server.manage('PATCH', '/phone/protection', { number: null })
  let code = ''
  for (let guess = 0; guess < 10; guess += 1) {
    if (guess % 2 === 0) {
      await server.post('/passwordless/start', start)
      code = await server.newestCode()
    }
    assert.equal((await server.post('/oauth/token', exchange(otherThan(code)))).status, 403)
  }
  await server.post('/passwordless/start', start)
  code = await server.newestCode()

  const refused = await server.post('/oauth/token', exchange(code))
  assert.equal(refused.status, 429)
  assert.equal(refused.body.error, 'too_many_attempts')

  server.clock.advance(360_000)
  await server.post('/passwordless/start', start)
  const later = await server.post('/oauth/token', exchange(await server.newestCode()))
  assert.equal(later.status, 200)
  assert.ok((await server.logs()).includes('limit_wc'))
})

for (const engine of ['pglite', 'postgres'] as const) {
  test(`${engine}: a hundred right answers at once make one session`, async () => {
    const server = await testServer({ engine })
    await server.post('/passwordless/start', start)
    const code = await server.newestCode()

    const answers = await Promise.all(
      Array.from({ length: 100 }, () => server.request('POST', '/oauth/token', exchange(code))),
    )

    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(answers.filter(({ status }) => status === 403).length, 99)
    const users = await server.manage('GET', '/users?include_totals=true')
    assert.equal(users.body.total, 1)
    assert.equal(users.body.users[0].logins_count, 1)
  })

  test(`${engine}: a double click with the right code costs no guess`, async () => {
    const server = await testServer({ engine })
    await server.post('/passwordless/start', start)
    const code = await server.newestCode()
    await Promise.all(
      Array.from({ length: 30 }, () => server.request('POST', '/oauth/token', exchange(code))),
    )

    await server.post('/passwordless/start', start)
    const next = await server.post('/oauth/token', exchange(await server.newestCode()))

    assert.equal(next.status, 200)
  })

  test(`${engine}: thirty wrong answers at once, again after each new code, never get more guesses than the budget`, async () => {
    const server = await testServer({ engine })
    await server.manage('PATCH', '/phone/protection', { number: null })
    let judged = 0
    let code = ''
    for (let round = 0; round < 5; round += 1) {
      await server.post('/passwordless/start', start)
      code = await server.newestCode()
      const answers = await Promise.all(
        Array.from({ length: 30 }, () =>
          server.request('POST', '/oauth/token', exchange(otherThan(code))),
        ),
      )
      assert.ok(answers.every(({ status }) => status === 403 || status === 429))
      judged += answers.filter(({ status }) => status === 403).length
    }

    assert.equal(judged, 10)
    assert.equal((await server.post('/oauth/token', exchange(code))).status, 429)
  })

  test(`${engine}: two codes asked for at once leave one that works`, async () => {
    const server = await testServer({ engine, provider: 'twilio' })
    await Promise.all(
      Array.from({ length: 3 }, () => server.request('POST', '/passwordless/start', start)),
    )
    await server.settle()
    const codes = server.carrier.requests.map(
      ({ form }) => /\d{6}/.exec(form.get('Body') ?? '')?.[0],
    )

    let good = 0
    for (const code of new Set(codes)) {
      const { status } = await server.post('/oauth/token', exchange(code ?? ''))
      if (status === 200) good += 1
    }
    assert.equal(good, 1)
  })
}

test('a blocked and an unknown number where sign-up is off get the reply of a known one, and no message', async () => {
  const server = await testServer({ provider: 'twilio' })
  const { body: connections } = await server.manage('GET', '/connections?name=sms')
  const [connection] = connections
  const known = '+14155550100'
  const blocked = '+14155550101'
  const { body: user } = await server.manage('POST', '/users', {
    connection: 'sms',
    phone_number: blocked,
  })
  await server.manage('POST', '/users', { connection: 'sms', phone_number: known })
  await server.manage('PATCH', `/users/${encodeURIComponent(user.user_id)}`, { blocked: true })
  await server.manage('PATCH', `/connections/${connection.id}`, {
    options: { ...connection.options, disable_signup: true },
  })

  const replies = []
  for (const number of [known, blocked, phone_number]) {
    const { status, body } = await server.post('/passwordless/start', {
      ...start,
      phone_number: number,
    })
    replies.push([status, Object.keys(body)])
  }

  assert.deepEqual(replies[1], replies[0])
  assert.deepEqual(replies[2], replies[0])
  assert.deepEqual(
    server.carrier.requests.map(({ form }) => form.get('To')),
    [known],
  )
  const states = (await messages(server)).map((message: { state: string }) => message.state)
  assert.deepEqual(states, ['dropped', 'dropped', 'accepted'])
  assert.deepEqual(await server.logs(), ['cs', 'f', 'f'])
})

test('a decoy ends in the state that a real message of that carrier ends in', async () => {
  const server = await testServer({ provider: 'twilio' })
  const { body: connections } = await server.manage('GET', '/connections?name=sms')
  await server.manage('PATCH', `/connections/${connections[0].id}`, {
    options: { ...connections[0].options, disable_signup: true },
  })

  const { body } = await server.post('/passwordless/start', start)
  const atOnce = await server.get(`/passwordless/status?id=${body._id}`)
  server.clock.advance(2000)
  const later = await server.get(`/passwordless/status?id=${body._id}`)

  assert.deepEqual(atOnce.body, { state: 'queued', final: false })
  assert.deepEqual(later.body, { state: 'sent', final: true })
})

test('the delivery state is told for fifteen minutes, and only to who holds the id', async () => {
  const server = await testServer()
  const { body } = await server.post('/passwordless/start', start)

  const stranger = await server.get(`/passwordless/status?id=${body._id.slice(0, 23)}0`)
  server.clock.advance(15 * 60_000 + 1)
  const late = await server.get(`/passwordless/status?id=${body._id}`)

  assert.equal(late.status, 404)
  assert.ok(stranger.status === 404 || body._id.endsWith('0'))
  assert.equal(late.headers['cache-control'], 'no-store')
})

for (const [what, change, status, error, description] of [
  [
    'no client_id',
    { client_id: undefined },
    400,
    'bad.client_id',
    'Missing required property: client_id',
  ],
  ['an unknown client', { client_id: 'nobody' }, 401, 'invalid_client', undefined],
  [
    'no connection',
    { connection: undefined },
    400,
    'bad.connection',
    'Missing required property: connection',
  ],
  [
    'an unknown connection',
    { connection: 'fax' },
    400,
    'bad.connection',
    'Connection does not exist',
  ],
  [
    'no number',
    { phone_number: undefined },
    400,
    'bad.phone_number',
    'Missing required property: phone_number',
  ],
  [
    'a national number',
    { phone_number: '0555' },
    400,
    'bad.phone_number',
    'String does not match pattern: ^\\+[0-9]{1,15}$',
  ],
  [
    'a number that is a JSON number',
    { phone_number: 14155550137 },
    400,
    'bad.phone_number',
    undefined,
  ],
  ['a number that is an object', { phone_number: {} }, 400, 'bad.phone_number', undefined],
  [
    'a number of 5,000 digits',
    { phone_number: `+${'1'.repeat(4999)}` },
    400,
    'bad.phone_number',
    undefined,
  ],
  ['a premium-rate number', { phone_number: '+19005550137' }, 400, 'bad.phone_number', undefined],
  ['a toll-free number', { phone_number: '+18005550137' }, 400, 'bad.phone_number', undefined],
  ['a satellite number', { phone_number: '+870773111632' }, 400, 'bad.phone_number', undefined],
  ['send: link', { send: 'link' }, 400, 'bad.send', undefined],
  [
    'authParams that are a text',
    { authParams: 'x' },
    400,
    'bad.authParams',
    'error in authParams - invalid type: string (expected object)',
  ],
  [
    'an unknown member',
    { phone: '+1' },
    400,
    'bad.request',
    'the following properties are not allowed: phone',
  ],
] as const) {
  test(`${what} is refused with ${status} ${error}, and nothing is sent or stored`, async () => {
    const server = await testServer({ provider: 'twilio' })

    const reply = await server.post('/passwordless/start', { ...start, ...change })

    assert.deepEqual([reply.status, reply.body.error], [status, error], reply.text)
    if (description !== undefined) assert.equal(reply.body.error_description, description)
    assert.equal(server.carrier.requests.length, 0)
    assert.deepEqual(await messages(server), [])
  })
}

test('a tenant without provider and inbox refuses every number alike', async () => {
  const server = await testServer({ inbox: false })

  const reply = await server.post('/passwordless/start', start)

  assert.deepEqual([reply.status, reply.body.error], [400, 'sms_provider_error'])
})

test('a disabled provider refuses the start and never falls back to the inbox', async () => {
  const server = await testServer({ provider: 'twilio' })
  const { body } = await server.manage('GET', '/branding/phone/providers')
  await server.manage('PATCH', `/branding/phone/providers/${body.providers[0].id}`, {
    disabled: true,
  })

  const reply = await server.post('/passwordless/start', start)

  assert.deepEqual([reply.status, reply.body.error], [400, 'sms_provider_error'])
  assert.deepEqual((await server.manage('GET', '/phone/inbox')).body.messages, [])
})

test('the sixth message to a number within ten minutes is refused and tells when to come back', async () => {
  const server = await testServer()
  for (let sent = 0; sent < 5; sent += 1) {
    const { headers, status } = await server.post('/passwordless/start', start)
    assert.equal(status, 200)
    assert.equal(headers['x-ratelimit-remaining'], String(4 - sent))
  }

  const refused = await server.post('/passwordless/start', start)

  assert.deepEqual([refused.status, refused.body.error], [429, 'too_many_requests'])
  assert.equal(refused.headers['retry-after'], '120')
  assert.ok((await server.logs()).includes('limit_phone'))
  server.clock.advance(120_000)
  assert.equal((await server.post('/passwordless/start', start)).status, 200)
})

test('a confidential client must prove itself, and may name the person behind it', async () => {
  const server = await testServer()
  await server.manage('PATCH', '/phone/protection', { address: { count: 1, per_s: 3600 } })
  const { body: client } = await server.manage('POST', '/clients', {
    name: 'Web',
    app_type: 'regular_web',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['http://auth0.com/oauth/grant-type/passwordless/otp'],
    is_token_endpoint_ip_header_trusted: true,
  })
  const mine = { ...start, client_id: client.client_id }
  const { client_secret } = client
  const from = (address: string) => ({ 'auth0-forwarded-for': address })

  const silent = await server.post('/passwordless/start', mine)
  const lying = await server.post('/passwordless/start', { ...mine, client_secret: 'wrong' })
  const first = await server.post(
    '/passwordless/start',
    { ...mine, client_secret },
    from('203.0.113.1'),
  )
  const second = await server.post(
    '/passwordless/start',
    { ...mine, client_secret },
    from('203.0.113.2'),
  )
  const third = await server.post(
    '/passwordless/start',
    { ...mine, client_secret },
    from('203.0.113.2'),
  )
  const publicClient = await server.post('/passwordless/start', start, from('203.0.113.3'))
  const publicAgain = await server.post('/passwordless/start', start, from('203.0.113.4'))

  assert.deepEqual([silent.status, lying.status], [401, 401])
  assert.deepEqual([first.status, second.status, third.status], [200, 200, 429])
  assert.deepEqual([publicClient.status, publicAgain.status], [200, 429])
})

test("an allow-listed address skips every limit but the number's", async () => {
  const server = await testServer()
  await server.manage('PATCH', '/phone/protection', {
    address: { count: 1, per_s: 3600 },
    application: { count: 1, per_s: 3600 },
    country: { count: 1, per_s: 3600 },
    tenant: { count: 1, per_s: 3600 },
  })
  await server.manage('PATCH', '/attack-protection/suspicious-ip-throttling', {
    allowlist: ['127.0.0.0/8'],
  })

  const statuses = []
  for (let sent = 0; sent < 6; sent += 1) {
    statuses.push((await server.post('/passwordless/start', start)).status)
  }

  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429])
})

test("a country outside the tenant's list is refused when sending", async () => {
  const server = await testServer()
  await server.manage('PATCH', '/tenants/settings', {
    country_codes: { list: ['DE'], mode: 'allow' },
  })

  const us = await server.post('/passwordless/start', start)
  const germany = await server.post('/passwordless/start', {
    ...start,
    phone_number: '+4915112345678',
  })

  assert.deepEqual([us.status, us.body.error, germany.status], [400, 'bad.phone_number', 200])
})

test('what an app puts into authParams reaches the log cut, masked and by known names only', async () => {
  const server = await testServer()
  const authParams = {
    scope: `${'a'.repeat(499)}😀`,
    redirect_uri: 'https://app.example.test/?phone=14155550137',
    state: 'state-of-the-app',
    note: 'secret-of-the-app',
    '+14155550137': 'x',
  }

  const reply = await server.post('/passwordless/start', { ...start, authParams })

  assert.equal(reply.status, 200, reply.text)
  const { body } = await server.manage('GET', '/logs?q=type:cs')
  assert.deepEqual(body[0].details.body.authParams, {
    scope: `${'a'.repeat(499)}\ufffd`,
    redirect_uri: 'https://app.example.test/?phone=XXXXXXXXXXX',
    note: '*****',
  })
})

test('a third-party client may not start a login', async () => {
  const server = await testServer()
  const { body: client } = await server.manage('POST', '/clients', {
    name: 'Partner',
    is_first_party: false,
    token_endpoint_auth_method: 'none',
    grant_types: ['http://auth0.com/oauth/grant-type/passwordless/otp'],
  })

  const reply = await server.post('/passwordless/start', { ...start, client_id: client.client_id })

  assert.deepEqual([reply.status, reply.body.error], [403, 'unauthorized_client'])
})

test('a value that is cut inside a character is no failure', async () => {
  const server = await testServer()

  for (const length of [498, 499, 500]) {
    const scope = `${'x'.repeat(length)}\u{1f600}`
    const reply = await server.post('/passwordless/start', { ...start, authParams: { scope } })
    assert.equal(reply.status, 200, `${length}: ${reply.text}`)
  }
})
