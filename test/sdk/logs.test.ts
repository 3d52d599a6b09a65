import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, sdkTrial } from './management.ts'

const trial = sdkTrial('logs')

test('entries are listed, searched, paged through and read one by one', async () => {
  const { sdk } = await trial.open()
  for (let number = 0; number < 3; number += 1) await sdk.clients.create({ name: `App ${number}` })

  const { data, response } = await sdk.logs.list({
    search: 'type:sapi',
    sort: 'date:1',
    per_page: 2,
  })

  assert.partialDeepStrictEqual(response, { start: 0, limit: 2, length: 2, total: 3 })
  const [first] = data
  assert.partialDeepStrictEqual(first, { type: 'sapi', description: 'Create a client' })
  assert.match(first?.log_id ?? '', /^\d{56}$/)
  assert.deepEqual(await sdk.logs.get(first?.log_id ?? ''), first)
  const ids: (string | undefined)[] = []
  for await (const { log_id } of await sdk.logs.list({ search: 'type:sapi', per_page: 2 })) {
    ids.push(log_id)
  }
  assert.equal(new Set(ids).size, 3)
  const [part] = (await sdk.logs.list({ fields: 'type', include_fields: true })).data
  assert.deepEqual(Object.keys(part ?? {}), ['type'])
  assert.partialDeepStrictEqual(await refusal(sdk.logs.get('9'.repeat(56))), { statusCode: 404 })
})

trial.assertComplete()
