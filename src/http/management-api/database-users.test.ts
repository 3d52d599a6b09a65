import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestServer, testServer } from '../../../test/harness.ts'
import { findOidcRecord, putOidcRecord } from '../../store/oidc-records.ts'
import { sql } from '../../store/sql.ts'
import { findUserPassword } from '../../store/user-passwords.ts'

const password = 'Correct-Horse-1'

async function database(
  options: object = {},
  engine: 'pglite' | 'postgres' = 'pglite',
): Promise<TestServer> {
  const server = await testServer({ engine })
  const made = await server.manage('POST', '/connections', {
    name: 'people',
    strategy: 'auth0',
    options,
  })
  assert.equal(made.status, 201)
  return server
}

const make = (server: TestServer, members: object = {}) =>
  server.manage('POST', '/users', {
    connection: 'people',
    email: 'Ada@Example.com',
    password,
    ...members,
  })

const pathOf = ({ body }: { body: { user_id: string } }) =>
  `/users/${encodeURIComponent(body.user_id)}`

test('a person of a database is made, found by its address, searched and deleted', async () => {
  const server = await database()

  const made = await make(server, { given_name: 'Ada', user_metadata: { a: 1 } })
  const read = await server.manage('GET', pathOf(made))
  const byEmail = await server.manage('GET', '/users-by-email?email=ADA@example.com')
  const searched = await server.manage(
    'GET',
    `/users?q=${encodeURIComponent('identities.provider:"auth0" AND email:"ada@example.com"')}`,
  )
  const deleted = await server.manage('DELETE', pathOf(made))

  assert.equal(made.status, 201)
  const { user_id, created_at, updated_at, picture, ...members } = made.body
  assert.match(user_id, /^auth0\|[0-9a-f]{24}$/)
  assert.deepEqual(members, {
    email: 'ada@example.com',
    email_verified: false,
    name: 'ada@example.com',
    nickname: 'ada',
    given_name: 'Ada',
    user_metadata: { a: 1 },
    identities: [
      {
        connection: 'people',
        user_id: user_id.slice('auth0|'.length),
        provider: 'auth0',
        isSocial: false,
      },
    ],
  })
  assert.deepEqual(read.body, made.body)
  assert.deepEqual(byEmail.body, [made.body])
  assert.deepEqual(searched.body, [made.body])
  assert.equal(deleted.status, 204)
  const { db } = server.app.deps
  assert.equal(await findUserPassword(db, server.tenant.name, user_id), undefined)
})

test('a password and its hash stand in no answer and no log', async () => {
  const server = await database()
  const made = await make(server)
  const { db } = server.app.deps
  const first = await findUserPassword(db, server.tenant.name, made.body.user_id)
  const next = await server.manage('PATCH', pathOf(made), { password: `${password}!` })
  const second = await findUserPassword(db, server.tenant.name, made.body.user_id)
  const logs = await server.manage('GET', '/logs')
  const read = await server.manage('GET', pathOf(made))

  const texts = [made.text, next.text, read.text, logs.text]
  for (const secret of [password, first?.password_hash ?? '', second?.password_hash ?? '']) {
    assert.ok(secret.length > 10)
    assert.deepEqual(
      texts.filter((text) => text.includes(secret)),
      [],
    )
  }
  assert.match(logs.text, /"scp"/)
  assert.notEqual(first?.password_hash, second?.password_hash)
  assert.match(next.body.last_password_reset, /^[0-9]{4}-/)
})

test('another password ends the refresh tokens and sessions of the person alone', async () => {
  const server = await database()
  const made = await make(server)
  const other = await make(server, { email: 'other@example.com' })
  const { db } = server.app.deps
  for (const { body } of [made, other]) {
    await db.run(sql`
      insert into refresh_tokens (tenant_id, token_hash, family_id, client_id, user_id, connection,
                                  scope, rotating, issued_at, family_issued_at, expires_at)
      values (${server.tenant.name}, ${Buffer.from(body.user_id)}, ${body.user_id}, 'demo',
              ${body.user_id}, 'people', 'openid', false, 1, 1, ${server.clock.now() + 1000})`)
    await putOidcRecord(db, {
      ...{ tenant_id: server.tenant.name, model: 'Session', id_hash: Buffer.from(body.user_id) },
      ...{ payload: {}, uid: null, user_id: body.user_id, client_id: null, created_at: 1 },
      expires_at: server.clock.now() + 1000,
    })
  }

  await server.manage('PATCH', pathOf(made), { password: `${password}!` })

  const left = (answer: typeof made) => server.manage('GET', `${pathOf(answer)}/refresh-tokens`)
  assert.equal((await left(made)).body.tokens.length, 0)
  assert.equal((await left(other)).body.tokens.length, 1)
  const sessionOf = (answer: typeof made) =>
    findOidcRecord(
      db,
      {
        ...{ tenantId: server.tenant.name, model: 'Session' },
        idHash: Buffer.from(answer.body.user_id),
      },
      server.clock.now(),
    )
  assert.equal(await sessionOf(made), undefined)
  assert.notEqual(await sessionOf(other), undefined)
})

for (const engine of ['pglite', 'postgres'] as const) {
  test(`${engine}: each identifier belongs to one person of the database, however many ask at once`, async () => {
    const server = await database(
      {
        attributes: {
          email: { identifier: { active: true } },
          phone_number: { identifier: { active: true } },
          username: { identifier: { active: true } },
        },
      },
      engine,
    )
    const names = { email: 'ada@example.com', phone_number: '+14155550137', username: 'ada' }
    for (const [member, value] of Object.entries(names)) {
      const create = { connection: 'people', password, [member]: value }

      const answers = await Promise.all(
        [1, 2, 3].map(() => server.manage('POST', '/users', create)),
      )

      assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409], member)
    }
    const other = await make(server, { email: 'other@example.com' })
    for (const [member, value] of Object.entries(names)) {
      const { status, body } = await server.manage('PATCH', pathOf(other), { [member]: value })

      assert.deepEqual([status, body.message], [409, 'The user already exists.'], member)
    }
  })
}

test('an address may be two people where the database says so', async () => {
  const server = await database({
    attributes: {
      email: { unique: false },
      username: { identifier: { active: true } },
    },
  })

  const answers = [await make(server, { username: 'one' }), await make(server, { username: 'two' })]

  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201],
  )
  const found = await server.manage('GET', '/users-by-email?email=ada@example.com')
  assert.equal(found.body.length, 2)
})

const phone = {
  identifier: { active: true },
  profile_required: true,
  signup: { status: 'required' },
}
for (const [what, options, members, message] of [
  ['without an address', {}, { email: undefined }, /Missing required property: email/],
  ['without a password', {}, { password: undefined }, /Missing required property: password/],
  [
    'with a username that the database does not know',
    {},
    { username: 'ada' },
    /^Cannot set username for connection without requires_username\.$/,
  ],
  ['with a short password', {}, { password: 'Ab1!' }, /^PasswordStrengthError/],
  ['with a plain password', {}, { password: 'abcdefghij' }, /^PasswordStrengthError/],
  [
    'with a password shorter than the database wants',
    { password_complexity_options: { min_length: 20 } },
    {},
    /^PasswordStrengthError/,
  ],
  [
    'with a forbidden word for a password',
    { password_dictionary: { enable: true, dictionary: [password] } },
    {},
    /^PasswordDictionaryError/,
  ],
  [
    'with its name in the password',
    { password_no_personal_info: { enable: true } },
    { password: 'Xy-ada-1234' },
    /^PasswordNoUserInfoError/,
  ],
  [
    'without a number that every profile has',
    { attributes: { phone_number: phone } },
    {},
    /Missing required property: phone_number/,
  ],
  [
    'with a username that is too long',
    { attributes: { username: { identifier: { active: true }, validation: { max_length: 3 } } } },
    { username: 'lovelace' },
    /String is too long \(8 chars\), maximum 3' on property username/,
  ],
  [
    'with a username that looks like an address',
    { attributes: { username: { identifier: { active: true } } } },
    { username: 'a@b.test' },
    /on property username/,
  ],
] as const) {
  test(`a person ${what} is refused`, async () => {
    const server = await database(options)

    const { status, body } = await make(server, members)

    assert.deepEqual([status, body.errorCode], [400, 'invalid_body'])
    assert.match(body.message, message)
    assert.equal((await server.manage('GET', '/users')).body.length, 0)
  })
}

test('a person needs no password where the database says so', async () => {
  const server = await database({
    authentication_methods: { password: { api_behavior: 'optional' } },
  })

  assert.equal((await make(server, { password: undefined })).status, 201)
})

for (const [one, other] of [
  ['password', 'email'],
  ['password', 'email_verified'],
  ['username', 'email'],
  ['username', 'email_verified'],
  ['username', 'password'],
] as const) {
  test(`${one} and ${other} do not change together`, async () => {
    const server = await database({ requires_username: true })
    const made = await make(server, { username: 'ada' })
    const values = {
      password: `${password}!`,
      email: 'new@example.com',
      email_verified: true,
      username: 'lovelace',
    }

    const { status, body } = await server.manage('PATCH', pathOf(made), {
      [one]: values[one],
      [other]: values[other],
    })

    assert.deepEqual(
      [status, body.message],
      [400, `Cannot update ${one} and ${other} simultaneously.`],
    )
  })
}

test('another address or number is unverified unless the change says otherwise', async () => {
  const server = await database({
    attributes: {
      email: { identifier: { active: true } },
      phone_number: { identifier: { active: true } },
    },
  })
  const made = await make(server, { email_verified: true })

  const same = await server.manage('PATCH', pathOf(made), { email: 'ADA@example.com' })
  const moved = await server.manage('PATCH', pathOf(made), { email: 'b@example.com' })
  const number = await server.manage('PATCH', pathOf(made), { phone_number: '+14155550137' })
  const said = await server.manage('PATCH', pathOf(made), {
    phone_number: '+14155550138',
    phone_verified: true,
  })

  assert.equal(same.body.email_verified, true)
  assert.partialDeepStrictEqual(moved.body, {
    email: 'b@example.com',
    email_verified: false,
    name: 'b@example.com',
  })
  assert.equal(number.body.phone_verified, false)
  assert.equal(said.body.phone_verified, true)
})

test('a former password may not come again while the database remembers it', async () => {
  const server = await database({ password_history: { enable: true, size: 2 } })
  const made = await make(server)
  const change = async (next: string) =>
    (await server.manage('PATCH', pathOf(made), { password: next })).status

  assert.equal(await change(password), 400)
  assert.equal(await change(`${password}2`), 200)
  assert.equal(await change(password), 400)
  assert.equal(await change(`${password}3`), 200)
  assert.equal(await change(password), 200)
})

test('people of a database are deleted by their address, and with their database', async () => {
  const server = await database()
  await make(server)
  await make(server, { email: 'other@example.com' })
  const [connection] = (await server.manage('GET', '/connections?strategy=auth0')).body

  const one = await server.manage(
    'DELETE',
    `/connections/${connection.id}/users?email=ada@example.com`,
  )
  const left = await server.manage('GET', '/users')
  const all = await server.manage('DELETE', `/connections/${connection.id}`)
  await server.settle()

  assert.deepEqual([one.status, left.body.length, all.status], [204, 1, 202])
  assert.equal((await server.manage('GET', '/users')).body.length, 0)
})
