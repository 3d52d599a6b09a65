import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, sdkTrial } from './management.ts'

const trial = sdkTrial('connections')

test('a connection of strategy sms is created, listed, read, changed and deleted', async () => {
  const { sdk, server } = await trial.open({ seeded: false })
  const { connections } = sdk

  assert.deepEqual((await connections.list()).data, [])
  const created = await connections.create({
    name: 'sms',
    strategy: 'sms',
    options: { totp: { length: 6, time_step: 300 }, brute_force_protection: true },
  })
  const id = created.id ?? ''
  assert.match(id, /^con_[A-Za-z0-9]{16}$/)
  assert.partialDeepStrictEqual(created, {
    name: 'sms',
    strategy: 'sms',
    options: { totp: { length: 6, time_step: 300 } },
    is_domain_connection: false,
    realms: ['sms'],
  })
  assert.deepEqual(await connections.get(id), created)
  const fields = await connections.get(id, { fields: 'strategy,name', include_fields: true })
  assert.partialDeepStrictEqual(fields, { id, name: 'sms', strategy: 'sms' })
  assert.equal(fields.options, undefined)
  const listed = await connections.list({ strategy: ['sms'], name: 'sms', take: 10 })
  assert.deepEqual(listed.data, [created])
  assert.equal(listed.hasNextPage(), false)
  const changed = await connections.update(id, {
    options: { disable_signup: true },
    metadata: { team: 'shop' },
  })
  assert.deepEqual(
    [changed.options, changed.metadata],
    [{ disable_signup: true }, { team: 'shop' }],
  )
  await connections.delete(id)
  assert.deepEqual(await refusal(connections.get(id)), {
    statusCode: 404,
    error: 'Not Found',
    message: 'The connection does not exist',
    errorCode: 'inexistent_connection',
  })
  assert.equal((await server.manage('GET', '/connections')).body.length, 0)
})

test('clients of a connection are switched on and off, and come page by page', async () => {
  const { sdk } = await trial.open()
  const [sms] = (await sdk.connections.list({ name: 'sms' })).data
  const id = sms?.id ?? ''
  const shop = await sdk.clients.create({ name: 'Shop' })
  const club = await sdk.clients.create({ name: 'Club' })

  await sdk.connections.clients.update(id, [
    { client_id: shop.client_id ?? '', status: true },
    { client_id: club.client_id ?? '', status: false },
    { client_id: 'demo', status: true },
  ])

  const found: (string | undefined)[] = []
  for await (const { client_id } of await sdk.connections.clients.get(id, { take: 1 })) {
    found.push(client_id)
  }
  assert.deepEqual(new Set(found), new Set([shop.client_id, 'demo']))
})

test('what only other strategies have is refused as documented', async () => {
  const { sdk } = await trial.open()
  const [sms] = (await sdk.connections.list({ name: 'sms' })).data
  const id = sms?.id ?? ''
  const { connections } = sdk

  const { data } = await connections.directoryProvisioning.list({ take: 50 })

  assert.deepEqual(data, [])
  for (const [request, status, message] of [
    [connections.checkStatus(id), 404, 'Not Found'],
    [connections.keys.get(id), 400, 'keys are not available for this connection'],
    [connections.keys.create(id), 400, 'keys are not available for this connection'],
    [connections.keys.rotate(id), 400, 'Key rotation is not supported on this connection'],
    [
      connections.users.deleteByEmail(id, { email: 'a@b.test' }),
      400,
      'Connection must be a database connection',
    ],
  ] as const) {
    assert.partialDeepStrictEqual(await refusal(request), { statusCode: status, message })
  }
})

trial.assertComplete()
