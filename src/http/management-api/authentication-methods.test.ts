import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestServer, testServer } from '../../../test/harness.ts'

const number = '+442071838750'

async function person(server: TestServer): Promise<string> {
  const { body } = await server.manage('POST', '/users', {
    connection: 'sms',
    phone_number: '+14155550137',
  })
  return `/users/${encodeURIComponent(body.user_id)}`
}

/** Masked or not by the tenant's flag; a new tenant shows numbers whole. */
const showNumbers = (server: TestServer, whole: boolean) =>
  server.manage('PATCH', '/tenants/settings', {
    flags: { disable_management_api_sms_obfuscation: whole },
  })

const phone = { type: 'phone', name: 'Mine', phone_number: number }

test('a person without factors has an empty list, which tells no total', async () => {
  const server = await testServer()
  const user = await person(server)

  const bare = await server.manage('GET', `${user}/authentication-methods`)
  const wrapped = await server.manage(
    'GET',
    `${user}/authentication-methods?page=0&per_page=50&include_totals=true`,
  )

  assert.deepEqual(bare.body, [])
  assert.deepEqual(wrapped.body, { authenticators: [], start: 0, limit: 50 })
})

test('a phone that an administrator adds is confirmed, masked, and one device for its text', async () => {
  const server = await testServer()
  const user = await person(server)
  await showNumbers(server, false)

  const made = await server.manage('POST', `${user}/authentication-methods`, phone)
  const { body } = await server.manage('GET', `${user}/authentication-methods?include_totals=true`)

  assert.equal(made.status, 201)
  assert.equal('confirmed' in made.body, false)
  assert.equal(made.body.phone_number, 'XXXXXXXXX8750')
  const device = made.body.id.replace('phone|', '')
  assert.match(device, /^dev_[A-Za-z0-9]{16}$/)
  assert.deepEqual(body, {
    authenticators: [
      {
        id: `phone|${device}`,
        type: 'phone',
        confirmed: true,
        name: 'Mine',
        phone_number: 'XXXXXXXXX8750',
        preferred_authentication_method: 'sms',
        authentication_methods: [{ id: `sms|${device}`, type: 'sms' }],
        created_at: new Date(server.clock.now()).toISOString(),
      },
    ],
    start: 0,
    limit: 50,
    total: 1,
  })
})

test('numbers and addresses are shown whole where the tenant says so, and by PUT always', async () => {
  const server = await testServer()
  const user = await person(server)
  await showNumbers(server, false)
  const methods = [
    { type: 'phone', phone_number: number },
    { type: 'email', email: 'Chuck334@example.com' },
  ]

  const put = await server.manage('PUT', `${user}/authentication-methods`, methods)
  const masked = await server.manage('GET', `${user}/authentication-methods`)
  await showNumbers(server, true)
  const clear = await server.manage('GET', `${user}/authentication-methods`)

  const told = (items: { phone_number?: string; email?: string }[]) =>
    items.map((item) => item.phone_number ?? item.email).sort()
  assert.deepEqual(told(put.body), [number, 'chuck334@example.com'])
  assert.deepEqual(told(masked.body), ['XXXXXXXXX8750', 'chuc****@exam*******'])
  assert.deepEqual(told(clear.body), [number, 'chuck334@example.com'])
})

test('a number twice is 409, in the other spelling too; of one kind there are twenty at most', async () => {
  const server = await testServer()
  const user = await person(server)
  await server.manage('POST', `${user}/authentication-methods`, phone)

  const again = await server.manage('POST', `${user}/authentication-methods`, {
    ...phone,
    phone_number: '+44 20 7183 8750',
  })
  for (let index = 1; index < 20; index += 1) {
    const phone_number = `+1415555${String(index).padStart(4, '0')}`
    await server.manage('POST', `${user}/authentication-methods`, { ...phone, phone_number })
  }
  const tooMany = await server.manage('POST', `${user}/authentication-methods`, {
    ...phone,
    phone_number: '+14155550100',
  })

  assert.equal(again.status, 409)
  assert.equal(again.body.message, 'Authentication method already exists.')
  assert.equal(tooMany.status, 403)
  assert.equal(
    tooMany.body.message,
    'You reached the limit of entities of this type for this user.',
  )
})

test('what a kind needs and what it cannot have is 400', async () => {
  const server = await testServer()
  const user = await person(server)
  const { body: app } = await server.manage('POST', `${user}/authentication-methods`, {
    type: 'totp',
  })

  for (const body of [
    { type: 'phone' },
    { type: 'phone', phone_number: 'nonsense' },
    { type: 'email' },
    { type: 'totp', totp_secret: '0189' },
    { type: 'carrier-pigeon' },
    { type: 'phone', phone_number: number, confirmed: true },
  ]) {
    const { status } = await server.manage('POST', `${user}/authentication-methods`, body)
    assert.equal(status, 400, JSON.stringify(body))
  }
  const path = `${user}/authentication-methods/${encodeURIComponent(app.id)}`
  const { status } = await server.manage('PATCH', path, { preferred_authentication_method: 'sms' })
  assert.equal(status, 400)
  assert.match(app.totp_secret, /^[A-Z2-7]{32}$/)
})

test('PATCH renames a phone and adds the call, and the secret of an app is not told again', async () => {
  const server = await testServer()
  const user = await person(server)
  const made = await server.manage('POST', `${user}/authentication-methods`, phone)
  const path = `${user}/authentication-methods/${encodeURIComponent(made.body.id)}`

  const patched = await server.manage('PATCH', path, {
    name: 'Other',
    preferred_authentication_method: 'voice',
  })
  const app = await server.manage('POST', `${user}/authentication-methods`, {
    type: 'totp',
    totp_secret: 'JBSWY3DPEHPK3PXP',
  })
  const read = await server.manage('GET', path)
  const all = await server.manage('GET', `${user}/authentication-methods`)
  const { body: logs } = await server.manage('GET', '/logs?per_page=100')

  assert.equal('confirmed' in patched.body, false)
  assert.deepEqual(read.body, { ...patched.body, confirmed: true })
  assert.equal(read.body.name, 'Other')
  assert.equal(read.body.preferred_authentication_method, 'voice')
  assert.deepEqual(
    read.body.authentication_methods.map(({ type }: { type: string }) => type),
    ['sms', 'voice'],
  )
  assert.equal(app.body.totp_secret, 'JBSWY3DPEHPK3PXP')
  assert.equal(all.text.includes('JBSWY3DPEHPK3PXP'), false)
  assert.equal(JSON.stringify(logs).includes('JBSWY3DPEHPK3PXP'), false)
  assert.equal(JSON.stringify(logs).includes('2071838750'), false)
})

test('a deleted factor is gone and noted; a passkey keeps the others from being deleted at once', async () => {
  const server = await testServer()
  const user = await person(server)
  const made = await server.manage('POST', `${user}/authentication-methods`, phone)
  const path = `${user}/authentication-methods/${encodeURIComponent(made.body.id)}`

  assert.equal((await server.manage('DELETE', path)).status, 204)
  assert.equal((await server.manage('GET', path)).status, 404)
  assert.equal((await server.manage('DELETE', path)).status, 404)
  assert.deepEqual(await server.logs(), ['gd_unenroll'])

  await server.manage('POST', `${user}/authentication-methods`, { type: 'passkey', key_id: 'k' })
  const refused = await server.manage('DELETE', `${user}/authentication-methods`)
  assert.equal(refused.status, 403)
  assert.equal(
    refused.body.message,
    'Operation not permitted when the user has registered at least 1 passkey',
  )
})

test('a user shows that it has a second factor, one alone and in lists', async () => {
  const server = await testServer()
  const user = await person(server)
  const shown = async () => [
    (await server.manage('GET', user)).body.multifactor,
    (await server.manage('GET', '/users')).body[0].multifactor,
  ]

  assert.deepEqual(await shown(), [undefined, undefined])
  await server.manage('POST', `${user}/authentication-methods`, phone)
  assert.deepEqual(await shown(), [['guardian'], ['guardian']])
})

test('with the user go its factors, and a user made again under the id has none', async () => {
  const server = await testServer()
  const create = { connection: 'sms', phone_number: '+14155550137', user_id: 'one' }
  await server.manage('POST', '/users', create)
  await server.manage('POST', '/users/sms%7Cone/authentication-methods', phone)

  await server.manage('DELETE', '/users/sms%7Cone')
  const gone = await server.manage('GET', '/users/sms%7Cone/authentication-methods')
  await server.manage('POST', '/users', create)
  const again = await server.manage('GET', '/users/sms%7Cone/authentication-methods')

  assert.equal(gone.status, 404)
  assert.deepEqual(again.body, [])
})
