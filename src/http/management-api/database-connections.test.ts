import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../../../test/harness.ts'

const phone = {
  identifier: { active: true, default_method: 'password' },
  profile_required: true,
  signup: { status: 'required', verification: { active: false } },
}

test('a database has what its maker left open, and shows what was sent as it was sent', async () => {
  const server = await testServer()

  const { status, body } = await server.manage('POST', '/connections', {
    name: 'people',
    strategy: 'auth0',
    options: {
      attributes: { phone_number: phone },
      precedence: ['username', 'email', 'phone_number'],
      requires_username: false,
      something_else: { a: 1 },
    },
  })
  const read = await server.manage('GET', `/connections/${body.id}`)

  assert.equal(status, 201)
  assert.deepEqual(read.body, body)
  assert.partialDeepStrictEqual(body, {
    strategy: 'auth0',
    realms: ['people'],
    is_domain_connection: false,
    enabled_clients: [],
  })
  assert.deepEqual(body.options, {
    attributes: { phone_number: phone },
    precedence: ['username', 'email', 'phone_number'],
    requires_username: false,
    something_else: { a: 1 },
    authentication_methods: {
      password: { enabled: true, api_behavior: 'required', signup_behavior: 'allow' },
      passkey: { enabled: false },
    },
    passkey_options: {
      challenge_ui: 'both',
      progressive_enrollment_enabled: true,
      local_enrollment_enabled: true,
    },
    passwordPolicy: 'good',
    brute_force_protection: true,
    mfa: { active: true, return_enroll_settings: true },
    strategy_version: 2,
  })
})

test('a change replaces the options as a whole and adds nothing', async () => {
  const server = await testServer()
  const made = await server.manage('POST', '/connections', {
    name: 'people',
    strategy: 'auth0',
    options: { attributes: { phone_number: phone } },
  })

  const { body } = await server.manage('PATCH', `/connections/${made.body.id}`, {
    options: { disable_signup: true },
  })

  assert.deepEqual(body.options, { disable_signup: true })
})

test('databases are listed by their strategy', async () => {
  const server = await testServer()
  await server.manage('POST', '/connections', { name: 'people', strategy: 'auth0' })

  const { body } = await server.manage(
    'GET',
    '/connections?include_totals=true&take=50&strategy=auth0',
  )

  assert.deepEqual(
    body.connections.map(({ name }: { name: string }) => name),
    ['people'],
  )
})

const email = { identifier: { active: true }, signup: { status: 'required' } }
for (const [what, options, message] of [
  [
    'a required phone that sign-up does not ask for',
    { attributes: { phone_number: { ...phone, signup: { status: 'inactive' } } } },
    'attribute phone_number must also be required on signup',
  ],
  [
    'a required username that sign-up may leave out',
    {
      attributes: { email, username: { profile_required: true, signup: { status: 'optional' } } },
    },
    'attribute username must also be required on signup',
  ],
  [
    'no identifier',
    { attributes: { email: { identifier: { active: false } } } },
    'attributes must contain one active identifier',
  ],
  ['no attribute', { attributes: {} }, 'attributes must contain one active identifier'],
  [
    'attributes and requires_username',
    { attributes: { email }, requires_username: true },
    'Cannot set both options.attributes and options.requires_username',
  ],
  [
    'attributes and validation',
    { attributes: { email }, validation: { username: { min: 1, max: 10 } } },
    'Cannot set both options.attributes and options.validation',
  ],
  [
    'a verification method of a phone',
    { attributes: { phone_number: { ...phone, verification_method: 'otp' } } },
    "Payload validation error: 'Additional properties not allowed: verification_method' on property options.attributes.phone_number.",
  ],
  [
    'an attribute that nobody has',
    { attributes: { email, shoe_size: {} } },
    "Payload validation error: 'Additional properties not allowed: shoe_size' on property options.attributes.",
  ],
  [
    'an unknown password policy',
    { passwordPolicy: 'perfect' },
    "Payload validation error: 'No enum match for: perfect' on property options.passwordPolicy.",
  ],
  [
    'password options beside an older member',
    { password_options: { complexity: { min_length: 10 } }, passwordPolicy: 'low' },
    'Cannot set both options.password_options and options.passwordPolicy',
  ],
  [
    'no way to sign in',
    { authentication_methods: { password: { enabled: false } } },
    'Disabling the password needs phone_otp or email_otp enabled',
  ],
  [
    'sign-up without the password that the API needs',
    { authentication_methods: { password: { signup_behavior: 'block' } } },
    'A signup_behavior of block needs an api_behavior of optional',
  ],
] as const) {
  test(`a database with ${what} is refused`, async () => {
    const server = await testServer()

    const answer = await server.manage('POST', '/connections', {
      name: 'people',
      strategy: 'auth0',
      options,
    })

    assert.deepEqual(answer.body, {
      statusCode: 400,
      error: 'Bad Request',
      message,
      errorCode: 'invalid_body',
    })
    assert.equal((await server.manage('GET', '/connections?strategy=auth0')).body.length, 0)
  })
}

test('an address that is not unique can be there from the start, and not be added', async () => {
  const server = await testServer()
  const options = { attributes: { email: { ...email, unique: false } } }
  const first = { name: 'first', strategy: 'auth0', options }
  const second = { ...first, name: 'second', options: { attributes: { phone_number: phone } } }

  const made = await server.manage('POST', '/connections', first)
  const other = await server.manage('POST', '/connections', second)
  const same = await server.manage('PATCH', `/connections/${made.body.id}`, { options })
  const added = await server.manage('PATCH', `/connections/${other.body.id}`, { options })

  assert.deepEqual([made.status, same.status, added.status], [201, 200, 400])
  assert.equal(added.body.message, 'cannot add non-unique email attribute')
})
