import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stillClock, type TestServer, testServer } from '../../../test/harness.ts'
import { managerWith } from '../../../test/scoped-token.ts'

const phone_number = '+14155550137'

const make = async (server: TestServer, members: object = {}) =>
  (await server.manage('POST', '/users', { connection: 'sms', phone_number, ...members })).body

const pathOf = ({ user_id }: { user_id: string }) => `/users/${encodeURIComponent(user_id)}`

test('a user of a phone connection is called by the number, which is never masked', async () => {
  const server = await testServer()

  const created = await server.manage('POST', '/users', {
    connection: 'sms',
    phone_number,
    phone_verified: true,
  })

  assert.equal(created.status, 201)
  const { user_id } = created.body
  assert.match(user_id, /^sms\|[0-9a-f]{24}$/)
  const at = new Date(server.clock.now()).toISOString()
  assert.deepEqual(created.body, {
    created_at: at,
    updated_at: at,
    user_id,
    identities: [
      { connection: 'sms', user_id: user_id.slice(4), provider: 'sms', isSocial: false },
    ],
    name: phone_number,
    nickname: '',
    picture: `${server.tenant.url}/assets/avatar.svg`,
    phone_number,
    phone_verified: true,
  })
  assert.deepEqual((await server.manage('GET', pathOf(created.body))).body, created.body)
  const chosen = await server.manage(
    'GET',
    `${pathOf(created.body)}?fields=name&include_fields=true`,
  )
  assert.deepEqual(chosen.body, { name: phone_number })
})

test('everything that a creator may say comes back', async () => {
  const server = await testServer()
  const members = {
    email: 'Jane@Example.com',
    email_verified: true,
    given_name: 'Jane',
    family_name: 'Doe',
    name: 'Jane Doe',
    nickname: 'jane',
    picture: 'https://a.test/jane.png',
    blocked: false,
    user_metadata: { colour: 'red' },
    app_metadata: { plan: 'pro' },
  }

  const user = await make(server, { ...members, user_id: 'my-own-id' })

  assert.partialDeepStrictEqual(user, {
    ...members,
    email: 'jane@example.com',
    user_id: 'sms|my-own-id',
  })
  const { body: found } = await server.manage('GET', '/users-by-email?email=JANE@example.com')
  assert.deepEqual(found, [user])
})

test('a user who was made here signs in as the same user', async () => {
  const server = await testServer()
  const user = await make(server)

  await server.post('/passwordless/start', {
    client_id: 'demo',
    connection: 'sms',
    phone_number,
    send: 'code',
  })
  const { body: tokens } = await server.post('/oauth/token', {
    grant_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
    client_id: 'demo',
    username: phone_number,
    otp: await server.newestCode(),
    realm: 'sms',
    scope: 'openid',
  })

  assert.equal(typeof tokens.id_token, 'string')
  const { body: after } = await server.manage('GET', pathOf(user))
  assert.partialDeepStrictEqual(after, { phone_verified: true, logins_count: 1 })
  assert.equal(after.last_login, new Date(server.clock.now()).toISOString())
  const { body: logs } = await server.manage('GET', `${pathOf(user)}/logs?include_totals=true`)
  assert.deepEqual(
    [logs.total, logs.length, logs.logs.map(({ type }: { type: string }) => type).sort()],
    [2, 2, ['cs', 's']],
  )
})

for (const [before, patch, after] of [
  [{ a: 1, b: { c: 1, d: 2 } }, { b: { e: 3 } }, { a: 1, b: { e: 3 } }],
  [{ a: 1, b: 2 }, { a: null }, { b: 2 }],
  [{ a: 1 }, { b: [1, null] }, { a: 1, b: [1, null] }],
  [{ a: 1 }, {}, {}],
] as const) {
  test(`metadata ${JSON.stringify(before)} with ${JSON.stringify(patch)} is ${JSON.stringify(after)}`, async () => {
    const server = await testServer()
    const user = await make(server, { user_metadata: before, app_metadata: before })

    await server.manage('PATCH', pathOf(user), { user_metadata: patch, app_metadata: patch })

    const { body } = await server.manage('GET', pathOf(user))
    assert.deepEqual(body.user_metadata, after)
    assert.deepEqual(body.app_metadata, Object.keys(after).length === 0 ? undefined : after)
  })
}

test('two changes of metadata at once both stay', async () => {
  const server = await testServer()
  const user = await make(server)

  await Promise.all(
    ['a', 'b', 'c'].map((key) =>
      server.manage('PATCH', pathOf(user), { user_metadata: { [key]: 1 } }),
    ),
  )

  const { body } = await server.manage('GET', pathOf(user))
  assert.deepEqual(body.user_metadata, { a: 1, b: 1, c: 1 })
})

test('another number is unverified unless the change says otherwise', async () => {
  const server = await testServer()
  const user = await make(server, { phone_verified: true })

  const same = await server.manage('PATCH', pathOf(user), { phone_number })
  const other = await server.manage('PATCH', pathOf(user), { phone_number: '+14155550138' })
  const said = await server.manage('PATCH', pathOf(user), {
    phone_number: '+14155550139',
    phone_verified: true,
  })

  assert.equal(same.body.phone_verified, true)
  assert.partialDeepStrictEqual(other.body, {
    phone_number: '+14155550138',
    phone_verified: false,
    name: '+14155550138',
  })
  assert.equal(said.body.phone_verified, true)
})

test('null takes a profile member away, and a name falls back to the number', async () => {
  const server = await testServer()
  const user = await make(server, { name: 'Jane', given_name: 'Jane', nickname: 'j' })

  const { body } = await server.manage('PATCH', pathOf(user), {
    name: null,
    given_name: null,
    nickname: null,
    unheard_of: 1,
  })

  assert.partialDeepStrictEqual(body, { name: phone_number, nickname: '' })
  assert.ok(!('given_name' in body) && !('unheard_of' in body))
})

const taken = {
  statusCode: 409,
  error: 'Conflict',
  message: 'The user already exists.',
  errorCode: 'auth0_idp_error',
}

test('a number belongs to one user of a connection, however many ask at once', async () => {
  const server = await testServer()
  await server.manage('POST', '/connections', { name: 'second', strategy: 'sms' })
  const create = { connection: 'sms', phone_number }

  const answers = await Promise.all([1, 2, 3].map(() => server.manage('POST', '/users', create)))
  const elsewhere = await server.manage('POST', '/users', { ...create, connection: 'second' })
  const other = await make(server, { phone_number: '+14155550138' })
  const moved = await server.manage('PATCH', pathOf(other), { phone_number })

  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409])
  assert.deepEqual(answers.find(({ status }) => status === 409)?.body, taken)
  assert.equal(elsewhere.status, 201)
  assert.deepEqual(moved.body, taken)
})

for (const [what, members, message] of [
  ['an unknown connection', { connection: 'nope' }, 'Connection does not exist.'],
  [
    'a username',
    { username: 'jane' },
    'Cannot set username for connection without requires_username.',
  ],
  ['a password', { password: 'x' }, 'Connection is not supported for this operation.'],
  [
    'no number',
    { phone_number: undefined },
    "Payload validation error: 'Missing required property: phone_number'.",
  ],
  ['a number without +', { phone_number: '14155550137' }, undefined],
  ['an id with a blank', { user_id: 'a b' }, undefined],
  ['metadata that is a list', { user_metadata: [] }, undefined],
  ['an unknown member', { colour: 1 }, undefined],
] as const) {
  test(`a user with ${what} is refused`, async () => {
    const server = await testServer()

    const answer = await server.manage('POST', '/users', {
      connection: 'sms',
      phone_number,
      ...members,
    })

    assert.deepEqual([answer.status, answer.body.errorCode], [400, 'invalid_body'])
    if (message !== undefined) assert.equal(answer.body.message, message)
  })
}

for (const [patch, message] of [
  [{ email: 'a@b.test' }, 'Cannot update email for non-database user.'],
  [{ username: 'jane' }, 'Cannot set username for connection without requires_username.'],
  [{ password: 'x' }, 'Connection is not supported for this operation.'],
  [{ connection: 'nope' }, 'Connection does not exist.'],
  [{ phone_number: null }, 'Connection is not supported for this operation.'],
  [{ verify_phone_number: true }, 'Connection is not supported for this operation.'],
] as const) {
  test(`a change to ${JSON.stringify(patch)} is refused`, async () => {
    const server = await testServer()
    const user = await make(server)

    const answer = await server.manage('PATCH', pathOf(user), patch)

    assert.deepEqual([answer.status, answer.body.message], [400, message])
  })
}

test('a deleted user is gone, once in the log and without an error the second time', async () => {
  const server = await testServer()
  const user = await make(server)

  const deleted = await server.manage('DELETE', pathOf(user))
  const again = await server.manage('DELETE', pathOf(user))

  assert.deepEqual([deleted.status, deleted.text, again.status], [204, '', 204])
  assert.deepEqual((await server.manage('GET', pathOf(user))).body, {
    statusCode: 404,
    error: 'Not Found',
    message: 'The user does not exist.',
    errorCode: 'inexistent_user',
  })
  assert.equal((await server.manage('PATCH', pathOf(user), { name: 'x' })).status, 404)
  assert.deepEqual(await server.logs(), ['sdu'])
  const { body: logs } = await server.manage('GET', '/logs?per_page=100')
  assert.ok(!JSON.stringify(logs).includes(phone_number.slice(1)), 'a whole number is in the log')
})

test('pages have totals that are counted without the users, and end after 1,000', async () => {
  const server = await testServer()
  const users = []
  for (const digit of [1, 2, 3]) {
    server.clock.advance(1000)
    users.push(await make(server, { phone_number: `+1415555010${digit}` }))
  }

  const bare = await server.manage('GET', '/users')
  const page = await server.manage('GET', '/users?page=1&per_page=2&include_totals=true')
  const oldest = await server.manage('GET', '/users?sort=created_at:1&per_page=1')
  const filtered = await server.manage('GET', '/users?connection=none&include_totals=true')
  const last = await server.manage('GET', '/users?page=19&per_page=50&include_totals=true')
  const beyond = await server.manage('GET', '/users?page=20&per_page=50')
  const unsorted = await server.manage('GET', '/users?sort=colour:1')

  assert.deepEqual(bare.body, [...users].reverse())
  assert.deepEqual(page.body, { start: 2, limit: 2, length: 1, users: [users[0]], total: 3 })
  assert.deepEqual(oldest.body, [users[0]])
  assert.deepEqual(filtered.body, { start: 0, limit: 50, length: 0, users: [], total: 0 })
  assert.deepEqual([last.status, last.body.users], [200, []])
  assert.equal(beyond.status, 400)
  assert.match(beyond.body.message, /^You can only page through the first 1000 records/)
  assert.deepEqual([unsorted.status, unsorted.body.errorCode], [400, 'invalid_query_string'])
  await server.manage('DELETE', pathOf(users[1]))
  const { body: fewer } = await server.manage('GET', '/users?include_totals=true&per_page=0')
  assert.deepEqual([fewer.total, fewer.users], [2, []])
})

const jane = {
  phone_number: '+14155550101',
  name: 'Jane Doe',
  email: 'jane@acme.com',
  phone_verified: true,
  app_metadata: { plan: 'pro', seats: 5, tags: ['x', 'y'] },
  user_id: 'jane',
}
const joe = { phone_number: '+14155550102', name: 'Joe', blocked: true, user_id: 'joe' }

test('searches find what they say', async () => {
  const server = await testServer({ clock: stillClock(Date.UTC(2026, 0, 1, 23)) })
  await make(server, jane)
  server.clock.advance(2 * 3_600_000)
  await make(server, joe)
  const day = new Date(server.clock.now()).toISOString().slice(0, 10)

  for (const [q, found] of [
    ['phone_number:"+14155550101"', ['jane']],
    ['phone_number:"+14155550199"', []],
    ['email:"JANE@acme.com"', ['jane']],
    ['email.domain:acme.com', ['jane']],
    ['email:*@acme.com', ['jane']],
    ['name:j*', ['joe', 'jane']],
    ['name:"jane doe"', ['jane']],
    ['blocked:true', ['joe']],
    ['NOT blocked:true', ['jane']],
    ['-blocked:true', ['jane']],
    ['phone_verified:true AND name:joe', []],
    ['phone_verified:true OR name:joe', ['joe', 'jane']],
    ['(name:joe OR name:jane*) AND _exists_:email', ['jane']],
    ['NOT _exists_:email', ['joe']],
    ['_exists_:app_metadata', ['jane']],
    ['app_metadata.plan:"pro"', ['jane']],
    ['app_metadata.seats:5', ['jane']],
    ['app_metadata.tags:y', ['jane']],
    ['user_metadata.plan:"pro"', []],
    ['identities.connection:"sms"', ['joe', 'jane']],
    ['identities.provider:"sms" AND user_id:"sms|joe"', ['joe']],
    ['logins_count:[0 TO 10]', ['joe', 'jane']],
    ['logins_count:[1 TO *]', []],
    [`created_at:[${day} TO *]`, ['joe']],
    [`created_at:[* TO ${day}}`, ['jane']],
    ['joe', ['joe']],
    ['colour:red', []],
    ['app_metadata..:x', []],
    ['name:"\\" || true"', []],
    ['name:a.c', []],
  ] as const) {
    const { status, body } = await server.manage(
      'GET',
      `/users?q=${encodeURIComponent(q)}&include_totals=true&search_engine=v3`,
    )
    assert.equal(status, 200, q)
    const ids = body.users.map(({ user_id }: { user_id: string }) => user_id.slice(4))
    assert.deepEqual([ids, body.total], [found, found.length], q)
  }
})

for (const q of ['name:"open', '(name:a', 'name:a)', 'AND', 'created_at:[a TO', '_exists_:']) {
  test(`the search ${q} cannot be read`, async () => {
    const server = await testServer()

    const { status, body } = await server.manage('GET', `/users?q=${encodeURIComponent(q)}`)

    assert.deepEqual([status, body.errorCode], [400, 'invalid_query_string'])
  })
}

test('a token reaches only what its scopes name', async () => {
  const server = await testServer()
  const user = await make(server)
  const own = await managerWith(server, ['read:current_user', 'delete:current_user'])
  const metadata = await managerWith(server, ['update:users_app_metadata'])

  const answers = [
    await own('GET', pathOf(user)),
    await own('DELETE', pathOf(user)),
    await metadata('PATCH', pathOf(user), { app_metadata: { a: 1 }, blocked: true }),
    await metadata('PATCH', pathOf(user), { app_metadata: { a: 1 } }),
    await metadata('GET', '/users'),
  ]

  assert.deepEqual(
    answers.map(({ status }) => status),
    [403, 403, 403, 200, 403],
  )
  assert.equal(
    answers[0]?.body.message,
    'User to be acted on does not match subject in bearer token.',
  )
})

test('users of one tenant are unknown to another', async () => {
  const [here, there] = [await testServer(), await testServer()]
  const user = await make(here)

  assert.equal((await there.manage('GET', pathOf(user))).status, 404)
  assert.equal((await there.manage('PATCH', pathOf(user), { name: 'x' })).status, 404)
  assert.equal((await there.manage('DELETE', pathOf(user))).status, 204)
  assert.deepEqual((await there.manage('GET', '/users')).body, [])
  assert.equal((await here.manage('GET', pathOf(user))).status, 200)
})
