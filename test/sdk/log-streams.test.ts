import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sdkTrial } from './management.ts'

const trial = sdkTrial('logStreams')

test('a stream is made, listed, changed and deleted', async () => {
  const { sdk } = await trial.open()
  const sink = {
    httpEndpoint: 'https://logs.example.test/in',
    httpAuthorization: 'Bearer abc',
    httpContentFormat: 'JSONLINES',
  } as const

  const made = await sdk.logStreams.create({ type: 'http', name: 'Warehouse', sink })
  assert.ok(made.id !== undefined && made.type === 'http')
  assert.deepEqual([made.status, made.sink], ['active', sink])
  assert.deepEqual(await sdk.logStreams.list(), [made])
  const changed = await sdk.logStreams.update(made.id, {
    status: 'paused',
    filters: [{ type: 'category', name: 'user.fail' }],
  })
  assert.equal(changed.status, 'paused')
  assert.deepEqual(await sdk.logStreams.get(made.id), changed)
  await sdk.logStreams.delete(made.id)
  assert.deepEqual(await sdk.logStreams.list(), [])
})

trial.assertComplete()
