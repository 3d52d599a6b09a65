import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../../../test/harness.ts'

test('changes of one tenant at once wait for each other and never for ever', async () => {
  const server = await testServer({ engine: 'postgres' })
  const { body: connections } = await server.manage('GET', '/connections')
  const connection = `/connections/${connections[0].id}`
  const clients: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) {
    clients.push((await server.manage('POST', '/clients', { name })).body.client_id)
  }
  await server.manage('POST', '/resource-servers', { identifier: 'urn:x' })
  const changes = (round: number): [string, string, unknown?][] => [
    ...clients.flatMap((client_id): [string, string, unknown][] => [
      ['PATCH', `/clients/${client_id}`, { description: `${round}` }],
      ['PATCH', `${connection}/clients`, [{ client_id, status: round % 2 === 0 }]],
      ['POST', '/client-grants', { client_id, audience: 'urn:x' }],
    ]),
    ['PATCH', connection, { enabled_clients: clients.slice(0, 2) }],
    ['PATCH', '/tenants/settings', { friendly_name: `${round}` }],
    ['POST', '/clients', { name: `of round ${round}` }],
  ]

  const answers = await Promise.all([
    ...[1, 2, 3, 4].flatMap(changes).map((change) => server.manage(...change)),
    server.manage('DELETE', `/clients/${clients[0]}`),
    server.manage('DELETE', '/resource-servers/urn%3Ax'),
  ])

  assert.deepEqual(
    answers.filter(({ status }) => status >= 500),
    [],
  )
})
