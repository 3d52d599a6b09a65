import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, sdkTrial } from './management.ts'

const trial = sdkTrial('resourceServers')

test('an API is created, listed, read by id and identifier, changed and deleted', async () => {
  const { sdk, server } = await trial.open()
  const { resourceServers } = sdk
  const identifier = 'https://orders.test/v1/'

  const created = await resourceServers.create({
    identifier,
    name: 'Orders',
    scopes: [{ value: 'read:orders', description: 'Read orders' }],
    allow_offline_access: true,
  })

  const id = created.id ?? ''
  assert.match(id, /^[0-9a-f]{24}$/)
  assert.partialDeepStrictEqual(created, {
    identifier,
    name: 'Orders',
    signing_alg: 'RS256',
    allow_offline_access: true,
    token_lifetime: 86_400,
    token_lifetime_for_web: 7200,
    scopes: [{ value: 'read:orders', description: 'Read orders' }],
  })
  assert.deepEqual(await resourceServers.get(id), created)
  assert.deepEqual(await resourceServers.get(identifier), created)
  const all = await resourceServers.list()
  assert.deepEqual(
    new Set(all.data.map((api) => [api.name, api.identifier, api.is_system].join())),
    new Set([`Auth0 Management API,${server.tenant.url}/api/v2/,true`, `Orders,${identifier},`]),
  )
  assert.equal((await resourceServers.list({ identifiers: [identifier] })).data.length, 1)
  const changed = await resourceServers.update(id, { token_lifetime: 600, scopes: [] })
  assert.deepEqual([changed.token_lifetime, changed.scopes], [600, []])
  await resourceServers.delete(id)
  assert.deepEqual(await refusal(resourceServers.get(id)), {
    statusCode: 404,
    error: 'Not Found',
    message: 'The resource server does not exist',
    errorCode: 'inexistent_resource_server',
  })
})

trial.assertComplete()
