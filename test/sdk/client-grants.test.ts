import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, sdkTrial } from './management.ts'

const trial = sdkTrial('clientGrants')

test('a grant is created, listed, read, changed and deleted', async () => {
  const { sdk } = await trial.open()
  const { clientGrants } = sdk
  const audience = 'https://orders.test'
  await sdk.resourceServers.create({ identifier: audience, scopes: [{ value: 'read:orders' }] })
  const client = await sdk.clients.create({ name: 'Shop' })
  const client_id = client.client_id ?? ''

  const created = await clientGrants.create({ client_id, audience, scope: ['read:orders'] })

  const id = created.id ?? ''
  assert.match(id, /^cgr_[A-Za-z0-9]{16}$/)
  assert.partialDeepStrictEqual(created, {
    client_id,
    audience,
    scope: ['read:orders'],
    subject_type: 'client',
  })
  assert.deepEqual(await clientGrants.get(id), created)
  assert.deepEqual((await clientGrants.list({ client_id, audience, take: 10 })).data, [created])
  assert.partialDeepStrictEqual(
    await refusal(clientGrants.create({ client_id, audience, scope: [] })),
    { statusCode: 409 },
  )
  const changed = await clientGrants.update(id, { scope: [], organization_usage: 'deny' })
  assert.deepEqual([changed.scope, changed.organization_usage], [[], 'deny'])
  await clientGrants.delete(id)
  assert.partialDeepStrictEqual(await refusal(clientGrants.get(id)), {
    statusCode: 404,
    message: 'The grant does not exist.',
  })
})

trial.assertComplete()
