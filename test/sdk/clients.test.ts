import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, sdkTrial } from './management.ts'

const trial = sdkTrial('clients')

test('a client is created, listed, read, changed, given a new secret and deleted', async () => {
  const { sdk } = await trial.open()
  const { clients } = sdk

  const created = await clients.create({
    name: 'Shop',
    app_type: 'regular_web',
    token_endpoint_auth_method: 'client_secret_post',
    callbacks: ['https://shop.test/callback'],
    client_metadata: { plan: 'pro', team: 'one' },
    refresh_token: {
      rotation_type: 'rotating',
      expiration_type: 'expiring',
      token_lifetime: 1000,
    },
  })
  const id = created.client_id ?? ''
  assert.match(id, /^[A-Za-z0-9]{32}$/)
  assert.partialDeepStrictEqual(created, {
    name: 'Shop',
    app_type: 'regular_web',
    is_first_party: true,
    grant_types: ['authorization_code', 'implicit', 'refresh_token', 'client_credentials'],
    jwt_configuration: { lifetime_in_seconds: 36_000, secret_encoded: false },
    refresh_token: { rotation_type: 'rotating', token_lifetime: 1000, leeway: 0 },
  })
  assert.equal(typeof created.client_secret, 'string')
  assert.equal(typeof created.signing_keys?.[0]?.cert, 'string')
  assert.partialDeepStrictEqual(await clients.get(id), { ...created, global: false })
  const overview = await clients.get(id, { fields: 'client_id,name', include_fields: true })
  assert.deepEqual([overview.client_id, overview.name, overview.callbacks], [id, 'Shop', undefined])
  const page = await clients.list({ is_global: false, app_type: 'regular_web', per_page: 10 })
  assert.deepEqual(
    page.data.map(({ client_id }) => client_id),
    [id],
  )
  assert.partialDeepStrictEqual(page.response, { total: 1, start: 0, limit: 10 })
  const changed = await clients.update(id, {
    callbacks: ['https://shop.test/other'],
    client_metadata: { team: 'two' },
    initiate_login_uri: 'https://shop.test/login',
  })
  assert.deepEqual(changed.callbacks, ['https://shop.test/other'])
  assert.deepEqual(changed.client_metadata, { plan: 'pro', team: 'two' })
  const rotated = await clients.rotateSecret(id)
  assert.notEqual(rotated.client_secret, created.client_secret)
  assert.deepEqual(await clients.credentials.list(id), [])
  await clients.delete(id)
  assert.deepEqual(await refusal(clients.get(id)), {
    statusCode: 404,
    error: 'Not Found',
    message: 'The client does not exist',
    errorCode: 'inexistent_client',
  })
})

test('all clients are reached page by page, each once', async () => {
  const { sdk } = await trial.open()
  for (let number = 0; number < 5; number += 1) await sdk.clients.create({ name: `App ${number}` })

  const names: (string | undefined)[] = []
  for await (const { name } of await sdk.clients.list({ per_page: 2 })) names.push(name)

  assert.deepEqual(names.filter((name) => name?.startsWith('App')).sort(), [
    'App 0',
    'App 1',
    'App 2',
    'App 3',
    'App 4',
  ])
  assert.equal(new Set(names).size, names.length)
})

test('a client tells which connections it may use', async () => {
  const { sdk } = await trial.open()

  const { data } = await sdk.clients.connections.get('demo', { strategy: ['sms'], take: 10 })

  assert.deepEqual(
    data.map(({ name, strategy }) => [name, strategy]),
    [['sms', 'sms']],
  )
})

trial.assertComplete()
