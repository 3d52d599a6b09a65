import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenServer } from '../../../test/token-server.ts'

/** Two logins of one person at one client: two families of one grant. */
async function twoLogins(settings: object = {}) {
  const server = await tokenServer({ settings })
  const connection = await server.addConnection()
  const { clientId } = await server.addClient({ connections: [connection] })
  const tokens: string[] = []
  for (let login = 0; login < 2; login += 1) {
    tokens.push((await server.login(clientId)).body.refresh_token)
  }
  const [first = '', second = ''] = tokens
  const revoke = (token: string, change: object = {}) =>
    server.inject('POST', '/oauth/revoke', { client_id: clientId, token, ...change })
  const alive = async (token: string) => (await server.refresh(clientId, token)).status === 200
  return { server, clientId, first, second, revoke, alive }
}

test('revoking ends every token of the grant, with an empty answer', async () => {
  const { first, second, revoke, alive } = await twoLogins()

  const { status, text, headers } = await revoke(first, { token_type_hint: 'refresh_token' })

  assert.equal(status, 200)
  assert.equal(text, '')
  assert.equal(headers['cache-control'], 'no-store')
  assert.deepEqual([await alive(first), await alive(second)], [false, false])
})

test('where the tenant says so, revoking ends the family alone', async () => {
  const { first, second, revoke, alive } = await twoLogins({
    flags: { revoke_refresh_token_grant: false },
  })

  await revoke(first)

  assert.deepEqual([await alive(first), await alive(second)], [false, true])
})

test('an unknown and a revoked token are a success, also as a form', async () => {
  const { server, clientId, first, revoke } = await twoLogins()
  await revoke(first)

  const again = await revoke(first)
  const unknown = await server.inject(
    'POST',
    '/oauth/revoke',
    `client_id=${clientId}&token=unknown`,
    { 'content-type': 'application/x-www-form-urlencoded' },
  )

  assert.deepEqual([again.status, unknown.status, unknown.text], [200, 200, ''])
})

test('a token of another client is left alone', async () => {
  const { server, first, alive } = await twoLogins()
  const other = await server.addClient()

  const { status } = await server.inject('POST', '/oauth/revoke', {
    client_id: other.clientId,
    token: first,
  })

  assert.equal(status, 200)
  assert.equal(await alive(first), true)
})

test('a JWT cannot be revoked, and says so', async () => {
  const { server, clientId, revoke } = await twoLogins()
  const { body } = await server.login(clientId)

  const answer = await revoke(body.id_token)

  assert.equal(answer.status, 400)
  assert.equal(answer.body.error, 'unsupported_token_type')
})

test('a wrong client and a missing token are refused', async () => {
  const { first, revoke } = await twoLogins()

  const [client, token] = [
    await revoke(first, { client_id: 'nobody' }),
    await revoke('', { token: undefined }),
  ]

  assert.deepEqual([client.status, client.body.error], [401, 'invalid_client'])
  assert.deepEqual(
    [token.status, token.body.error_description],
    [400, 'Missing required parameter: token'],
  )
})
