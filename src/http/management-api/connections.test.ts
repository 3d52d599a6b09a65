import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestServer, testServer } from '../../../test/harness.ts'
import { resumeConnectionDeletions } from '../../domain/connection-deletions.ts'
import {
  findConnectionDeletion,
  insertConnectionDeletion,
} from '../../store/connection-deletions.ts'

const gateway = {
  name: 'sms',
  from: '+12345678',
  syntax: 'md_with_macros',
  template: '@@password@@',
  totp: { time_step: 300, length: 6 },
  messaging_service_sid: null,
  twilio_sid: 'ABC123',
  provider: 'sms_gateway',
  gateway_url: 'https://somewhere.com/sms-gateway',
  gateway_authentication: {
    method: 'bearer',
    subject: 'test:sms',
    audience: 'https://somewhere.com/sms-gateway',
    secret: 'gateway secret',
    secret_base64_encoded: false,
  },
  forward_req_info: true,
  disable_signup: false,
  brute_force_protection: true,
  upstream_params: { screen_name: { alias: 'login_hint' } },
  something_else: [1, { a: 2 }],
}

async function newClients(server: TestServer, count: number): Promise<string[]> {
  await server.manage('PATCH', '/tenants/settings', { flags: { enable_client_connections: false } })
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) {
    ids.push((await server.manage('POST', '/clients', { name: `c${index}` })).body.client_id)
  }
  return ids
}

test('a connection comes back as it was sent, secrets and clients in order', async () => {
  const server = await testServer()
  const [first = '', second = '', third = ''] = await newClients(server, 3)

  const created = await server.manage('POST', '/connections', {
    name: 'sms-gw',
    strategy: 'sms',
    is_domain_connection: false,
    options: gateway,
    enabled_clients: [third, first, second],
  })

  assert.equal(created.status, 201)
  const { id, ...members } = created.body
  assert.match(id, /^con_[A-Za-z0-9]{16}$/)
  assert.deepEqual(members, {
    options: gateway,
    strategy: 'sms',
    name: 'sms-gw',
    is_domain_connection: false,
    realms: ['sms-gw'],
    enabled_clients: [third, first, second],
  })
  assert.deepEqual((await server.manage('GET', `/connections/${id}`)).body, created.body)
})

test('a change replaces options as a whole and leaves the rest', async () => {
  const server = await testServer()
  const [client = ''] = await newClients(server, 1)
  const { body: created } = await server.manage('POST', '/connections', {
    name: 'other',
    strategy: 'sms',
    display_name: 'Other',
    options: gateway,
    enabled_clients: [client],
    metadata: { a: 'b' },
  })
  const path = `/connections/${created.id}`

  const patched = await server.manage('PATCH', path, { options: { use_phone_provider: 'unified' } })

  assert.equal(patched.status, 200)
  assert.deepEqual(patched.body, {
    ...created,
    display_name: 'other',
    options: { use_phone_provider: true },
  })
  const cleared = await server.manage('PATCH', path, { enabled_clients: null, display_name: 'X' })
  assert.deepEqual([cleared.body.enabled_clients, cleared.body.display_name], [[], 'X'])
  assert.deepEqual(cleared.body.options, { use_phone_provider: true })
  for (const body of [{ name: 'new' }, { strategy: 'sms' }, {}]) {
    assert.equal((await server.manage('PATCH', path, body)).status, 400)
  }
})

for (const [what, options] of [
  ['a code of 3 digits', { totp: { length: 3 } }],
  ['a code of 41 digits', { totp: { length: 41 } }],
  ['a life of 59 s', { totp: { time_step: 59 } }],
  ['an unknown member of totp', { totp: { colour: 1 } }],
  ['a flag that is text', { disable_signup: 'yes' }],
  ['an unknown syntax', { syntax: 'php' }],
] as const) {
  test(`a connection with ${what} is refused`, async () => {
    const server = await testServer()

    const { status, body } = await server.manage('POST', '/connections', {
      name: 'x',
      strategy: 'sms',
      options,
    })

    assert.deepEqual([status, body.errorCode], [400, 'invalid_body'])
  })
}

for (const totp of [
  { length: 4, time_step: 60 },
  { length: 40, time_step: 86_400 },
]) {
  test(`a code of ${totp.length} digits for ${totp.time_step} s is accepted`, async () => {
    const server = await testServer()

    const { status } = await server.manage('POST', '/connections', {
      name: 'x',
      strategy: 'sms',
      options: { totp },
    })

    assert.equal(status, 201)
  })
}

for (const [what, change, status, message] of [
  ['another strategy', { strategy: 'ad' }, 400, /No enum match/],
  ['a name with a blank', { name: 'a b' }, 400, /does not match pattern/],
  ['a name that ends with a hyphen', { name: 'a-' }, 400, /does not match pattern/],
  ['an unknown client', { enabled_clients: ['nobody'] }, 400, /The client does not exist/],
  ['a taken name', { name: 'sms' }, 409, /A connection with the same name already exists/],
  ['a taken realm', { realms: ['sms'] }, 409, /another connection with some realms/],
] as const) {
  test(`a connection with ${what} is refused, and nothing is stored`, async () => {
    const server = await testServer()

    const answer = await server.manage('POST', '/connections', {
      name: 'x',
      strategy: 'sms',
      ...change,
    })

    assert.equal(answer.status, status)
    assert.match(answer.body.message, message)
    assert.equal((await server.manage('GET', '/connections')).body.length, 1)
  })
}

test('of two connections of one name that are made at once, one is made', async () => {
  const server = await testServer()

  const answers = await Promise.all(
    [1, 2, 3].map(() => server.manage('POST', '/connections', { name: 'twin', strategy: 'sms' })),
  )

  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409])
})

test('lists have 100 rows at most without paging, and narrow by name, strategy and fields', async () => {
  const server = await testServer()
  for (const name of ['a', 'b', 'c']) {
    await server.manage('POST', '/connections', { name, strategy: 'sms' })
  }

  const all = await server.manage('GET', '/connections')
  const totals = await server.manage('GET', '/connections?include_totals=true&per_page=1&page=1')
  const first = await server.manage('GET', '/connections?take=3&include_totals=true')
  const second = await server.manage('GET', `/connections?take=3&from=${first.body.next}`)
  const named = await server.manage('GET', '/connections?name=b&fields=strategy,name')
  const none = await server.manage('GET', '/connections?strategy=auth0&strategy=email')

  const names = (list: { name: string }[]) => list.map(({ name }) => name)
  assert.deepEqual(names(all.body).sort(), ['a', 'b', 'c', 'sms'])
  assert.partialDeepStrictEqual(totals.body, { start: 1, limit: 1, total: 4 })
  assert.deepEqual(Object.keys(first.body), ['connections', 'next'])
  assert.deepEqual(Object.keys(second.body), ['connections'])
  assert.deepEqual(
    [...names(first.body.connections), ...names(second.body.connections)],
    names(all.body),
  )
  assert.deepEqual(Object.keys(named.body[0]).sort(), [
    'id',
    'is_domain_connection',
    'name',
    'strategy',
  ])
  assert.deepEqual(none.body, [])
})

test('clients are turned on and off one by one, and keep their order', async () => {
  const server = await testServer()
  const [first = '', second = '', third = ''] = await newClients(server, 3)
  const { body: connection } = await server.manage('POST', '/connections', {
    name: 'x',
    strategy: 'sms',
    enabled_clients: [third, first],
  })
  const path = `/connections/${connection.id}/clients`

  const patched = await server.manage('PATCH', path, [
    { client_id: second, status: true },
    { client_id: third, status: true },
    { client_id: first, status: false },
  ])

  assert.deepEqual([patched.status, patched.text], [204, ''])
  assert.deepEqual((await server.manage('GET', path)).body, {
    clients: [{ client_id: third }, { client_id: second }],
  })
  const page = await server.manage('GET', `${path}?take=1`)
  assert.deepEqual(page.body.clients, [{ client_id: third }])
  const next = await server.manage('GET', `${path}?take=1&from=${page.body.next}`)
  assert.deepEqual(next.body, { clients: [{ client_id: second }] })
  const read = await server.manage('GET', `/connections/${connection.id}`)
  assert.deepEqual(read.body.enabled_clients, [third, second])
  const own = await server.manage('GET', `/clients/${second}/connections?strategy=sms`)
  assert.deepEqual(
    own.body.connections.map(({ id }: { id: string }) => id),
    [connection.id],
  )
})

for (const [what, body, status] of [
  ['an unknown client', [{ client_id: 'nobody', status: true }], 404],
  ['nothing', [], 400],
  [
    '51 entries',
    Array.from({ length: 51 }, (_, index) => ({ client_id: `${index}`, status: true })),
    400,
  ],
  ['no status', [{ client_id: 'demo' }], 400],
  ['an object', { client_id: 'demo', status: true }, 400],
] as const) {
  test(`a change of the clients with ${what} is refused`, async () => {
    const server = await testServer()
    const { body: connections } = await server.manage('GET', '/connections')

    const answer = await server.manage('PATCH', `/connections/${connections[0].id}/clients`, body)

    assert.equal(answer.status, status)
    const { body: after } = await server.manage('GET', `/connections/${connections[0].id}`)
    assert.ok(after.enabled_clients.includes('demo'))
  })
}

test('a deleted connection takes its users along, and its name is free when they are gone', async () => {
  const server = await testServer()
  const { body: connection } = await server.manage('POST', '/connections', {
    name: 'gone',
    strategy: 'sms',
  })
  for (const [name, phone_number] of [
    ['gone', '+14155550101'],
    ['gone', '+14155550102'],
    ['sms', '+14155550101'],
  ]) {
    const made = await server.manage('POST', '/users', { connection: name, phone_number })
    assert.equal(made.status, 201)
  }

  const deleted = await server.manage('DELETE', `/connections/${connection.id}`)
  const again = await server.manage('DELETE', `/connections/${connection.id}`)

  assert.equal(deleted.status, 202)
  assert.deepEqual(deleted.body, { deleted_at: new Date(server.clock.now()).toISOString() })
  assert.deepEqual([again.status, again.text], [204, ''])
  const { body: left } = await server.manage('GET', '/users?include_totals=true')
  assert.deepEqual([left.total, left.users[0].identities[0].connection], [1, 'sms'])
  const anew = await server.manage('POST', '/connections', { name: 'gone', strategy: 'sms' })
  assert.equal(anew.status, 201)
  assert.equal((await server.manage('GET', `/connections/${connection.id}`)).status, 404)
})

test('a name whose users are still being removed is refused, and the removal goes on', async () => {
  const server = await testServer()
  const { db } = server.app.deps
  const row = { tenant_id: server.tenant.name, name: 'half', deleted_at: server.clock.now() }
  await insertConnectionDeletion(db, row)

  const refused = await server.manage('POST', '/connections', { name: 'half', strategy: 'sms' })
  const made = await server.manage('POST', '/connections', { name: 'half', strategy: 'sms' })

  assert.deepEqual(
    [refused.status, refused.body.message],
    [409, 'A connection with the same name is being deleted, try again later'],
  )
  assert.equal(made.status, 201)
})

test('the removal that a node left behind is finished by the next one', async () => {
  const server = await testServer()
  const { db } = server.app.deps
  const user = { connection: 'sms', phone_number: '+14155550101' }
  await server.manage('POST', '/users', user)
  await insertConnectionDeletion(db, {
    tenant_id: server.tenant.name,
    name: 'sms',
    deleted_at: server.clock.now(),
  })

  await resumeConnectionDeletions(server.app.deps)

  assert.deepEqual((await server.manage('GET', '/users')).body, [])
  assert.equal(await findConnectionDeletion(db, server.tenant.name, 'sms'), undefined)
})

for (const [method, suffix, status, message] of [
  ['GET', '/status', 404, 'Not Found'],
  ['GET', '/keys', 400, 'keys are not available for this connection'],
  ['POST', '/keys', 400, 'keys are not available for this connection'],
  ['POST', '/keys/rotate', 400, 'Key rotation is not supported on this connection'],
  ['DELETE', '/users?email=a@b.c', 400, 'Connection must be a database connection'],
] as const) {
  test(`${method} ${suffix} of a phone connection answers ${status}`, async () => {
    const server = await testServer()
    const { body: connections } = await server.manage('GET', '/connections')

    const known = await server.manage(method, `/connections/${connections[0].id}${suffix}`)
    const unknown = await server.manage(method, `/connections/con_0000000000000000${suffix}`)

    assert.deepEqual([known.status, known.body.message], [status, message])
    assert.deepEqual([unknown.status, unknown.body.errorCode], [404, 'inexistent_connection'])
  })
}
