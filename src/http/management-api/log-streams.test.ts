import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../../../test/harness.ts'

const sink = { httpEndpoint: 'https://logs.example.test/in' }

test('a stream is made, read, changed and deleted, with its secrets in clear and sealed at rest', async () => {
  const server = await testServer()
  const wanted = {
    name: 'Warehouse',
    type: 'http',
    sink: {
      ...sink,
      httpAuthorization: 'Bearer the-secret-of-the-warehouse',
      httpContentFormat: 'JSONLINES',
      httpContentType: 'application/x-ndjson',
      httpCustomHeaders: [{ header: 'x-team', value: 'the-other-secret' }],
    },
    filters: [{ type: 'category', name: 'auth.login.success' }],
    isPriority: true,
    pii_config: { log_fields: ['phone', 'email'], method: 'hash', algorithm: 'xxhash' },
  }

  const made = await server.manage('POST', '/log-streams', wanted)
  const { id } = made.body
  const read = await server.manage('GET', `/log-streams/${id}`)
  const listed = await server.manage('GET', '/log-streams')
  const other = { httpEndpoint: 'https://other.example.test/in' }
  const changed = await server.manage('PATCH', `/log-streams/${id}`, {
    status: 'paused',
    filters: [],
    sink: other,
  })
  const deleted = await server.manage('DELETE', `/log-streams/${id}`)

  assert.equal(made.status, 200)
  assert.match(id, /^lst_[0-9]{16}$/)
  assert.deepEqual(made.body, { id, status: 'active', ...wanted })
  assert.deepEqual(read.body, made.body)
  assert.deepEqual(listed.body, [made.body])
  assert.deepEqual(changed.body, { ...made.body, status: 'paused', filters: [], sink: other })
  assert.deepEqual([deleted.status, deleted.text], [204, ''])
  assert.deepEqual((await server.manage('GET', `/log-streams/${id}`)).body, {
    statusCode: 404,
    error: 'Not Found',
    message: 'The log stream does not exist.',
    errorCode: 'inexistent_log_stream',
  })
  const log = await server.manage('GET', '/logs?q=type:sapi')
  assert.ok(log.text.includes('Warehouse'))
  assert.equal(/the-secret-of-the-warehouse|the-other-secret/.test(log.text), false)
})

test('a secret that a change leaves out stays, unless the receiver is another', async () => {
  const server = await testServer()
  const secret = { ...sink, httpAuthorization: 'Bearer secret' }
  const { body: made } = await server.manage('POST', '/log-streams', { type: 'http', sink: secret })
  const change = async (to: object) => {
    const { body } = await server.manage('PATCH', `/log-streams/${made.id}`, { sink: to })
    return body.sink
  }

  const path = { httpEndpoint: 'https://logs.example.test/other' }
  assert.deepEqual(await change(path), { ...path, httpAuthorization: 'Bearer secret' })
  assert.deepEqual(await change({ ...sink, httpAuthorization: '' }), sink)
  await change(secret)
  const elsewhere = { httpEndpoint: 'https://logs.example.org/in' }
  assert.deepEqual(await change(elsewhere), elsewhere)
})

test('what a stream cannot do is refused', async () => {
  const server = await testServer({ production: true })
  for (const [body, place] of [
    [{ type: 'splunk', sink }, 'type'],
    [{ type: 'http' }, 'sink'],
    [{ type: 'http', sink: { httpEndpoint: 'http://logs.example.test' } }, 'sink.httpEndpoint'],
    [{ type: 'http', sink: { httpEndpoint: 'https://a:b@logs.test' } }, 'sink.httpEndpoint'],
    [{ type: 'http', sink: { ...sink, httpContentFormat: 'XML' } }, 'sink.httpContentFormat'],
    [
      { type: 'http', sink: { ...sink, httpCustomHeaders: [{ header: 'Host', value: 'a' }] } },
      'sink.httpCustomHeaders',
    ],
    [
      { type: 'http', sink: { ...sink, httpAuthorization: 'a\r\nx-more: b' } },
      'sink.httpAuthorization',
    ],
    [{ type: 'http', sink, filters: [{ type: 'category', name: 'all' }] }, 'filters.0.name'],
    [{ type: 'http', sink, startFrom: 'yesterday' }, 'startFrom'],
    [{ type: 'http', sink, startFrom: '2999-01-01' }, 'startFrom'],
    [{ type: 'http', sink, pii_config: { log_fields: ['shoe_size'] } }, 'pii_config.log_fields.0'],
  ] as const) {
    const { status, body: refusal } = await server.manage('POST', '/log-streams', body)
    assert.deepEqual([status, refusal.errorCode], [400, 'invalid_body'], JSON.stringify(body))
    assert.ok(refusal.message.includes(place), refusal.message)
  }
  assert.equal((await server.manage('PATCH', '/log-streams/lst_1', { name: 'x' })).status, 404)
})

test('a tenant has ten streams at most', async () => {
  const server = await testServer()
  const make = () => server.manage('POST', '/log-streams', { type: 'http', sink })

  const made = []
  for (let count = 0; count < 11; count += 1) made.push((await make()).status)

  assert.deepEqual(made, [...Array.from({ length: 10 }, () => 200), 409])
})
