import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { engines } from '../../../test/databases.ts'
import { otpGrant, type TokenServer, tokenServer } from '../../../test/token-server.ts'
import { deleteExpiredRefreshTokens } from '../../store/maintenance.ts'
import { sql } from '../../store/sql.ts'

const rotating = {
  rotation_type: 'rotating',
  expiration_type: 'expiring',
  leeway: 0,
  token_lifetime: 1000,
  idle_token_lifetime: 600,
  infinite_token_lifetime: false,
  infinite_idle_token_lifetime: false,
}
const unknownToken = {
  error: 'invalid_grant',
  error_description: 'Unknown or invalid refresh token.',
}

/** A client with these settings whose user has just signed in. */
async function signedIn(
  settings: object,
  options: { engine?: 'pglite' | 'postgres'; audience?: string } = {},
) {
  const server = await tokenServer(options)
  const connection = await server.addConnection()
  const { clientId } = await server.addClient({
    document: { refresh_token: settings },
    connections: [connection],
  })
  if (options.audience !== undefined) {
    await server.addApi(options.audience, {
      allow_offline_access: true,
      scopes: [{ value: 'read:orders' }],
    })
  }
  const { body } = await server.login(clientId, {
    scope: 'openid profile phone offline_access read:orders',
    ...(options.audience !== undefined && { audience: options.audience }),
  })
  assert.ok(body.refresh_token, 'the login gave no refresh token')
  return { server, clientId, token: body.refresh_token as string }
}

const NumberRow = Type.Object({ count: Type.Number() })
async function storedTokens(server: TokenServer): Promise<number> {
  const row = await server.db.first(
    NumberRow,
    sql`select count(*)::int as count from refresh_tokens where tenant_id = ${server.name}`,
  )
  return row?.count ?? -1
}

test('a rotating token is exchanged for new tokens and its successor, and is dead then', async () => {
  const { server, clientId, token } = await signedIn(rotating, { audience: 'orders' })

  const { status, body } = await server.refresh(clientId, token, {
    redirect_uri: 'https://app.test',
  })

  assert.equal(status, 200)
  assert.equal(body.scope, 'openid profile phone offline_access read:orders')
  assert.notEqual(body.refresh_token, token)
  const access = await server.verify(body.access_token, 'orders')
  assert.equal(access.payload.gty, 'refresh_token')
  const id = await server.verify(body.id_token, clientId)
  assert.equal(id.payload.phone_number, '+14155550137')
  assert.equal(id.payload.nonce, undefined)
  assert.equal((await server.refresh(clientId, body.refresh_token)).status, 200)
})

test('a token that does not rotate stays good and is not sent again', async () => {
  const { server, clientId, token } = await signedIn({ ...rotating, rotation_type: 'non-rotating' })

  const first = await server.refresh(clientId, token)
  const second = await server.refresh(clientId, token)

  assert.deepEqual([first.status, second.status], [200, 200])
  assert.equal('refresh_token' in first.body, false)
  assert.equal(await storedTokens(server), 1)
})

test('a used token that comes again ends its whole family', async () => {
  const { server, clientId, token } = await signedIn(rotating)
  const other = await server.login(clientId)
  const { body } = await server.refresh(clientId, token)

  const reused = await server.refresh(clientId, token)
  const successor = await server.refresh(clientId, body.refresh_token)
  const otherFamily = await server.refresh(clientId, other.body.refresh_token)

  assert.equal(reused.status, 403)
  assert.deepEqual(reused.body, unknownToken)
  assert.deepEqual(successor.body, unknownToken)
  assert.equal(otherFamily.status, 200)
})

for (const engine of engines) {
  test(`20 exchanges of one token at once: one wins, the others end the family (${engine})`, async () => {
    const { server, clientId, token } = await signedIn(rotating, { engine })

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => server.refresh(clientId, token)),
    )

    const winners = answers.filter(({ status }) => status === 200)
    const losers = answers.filter(({ status }) => status !== 200)
    assert.equal(winners.length, 1)
    for (const { status, body } of losers) {
      assert.equal(status, 403)
      assert.deepEqual(body, unknownToken)
    }
    const successor = await server.refresh(clientId, winners[0]?.body.refresh_token)
    assert.equal(successor.status, 403)
    assert.equal(await storedTokens(server), 0)
  })

  test(`20 exchanges at once within the leeway all succeed (${engine})`, async () => {
    const { server, clientId, token } = await signedIn({ ...rotating, leeway: 10 }, { engine })

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => server.refresh(clientId, token)),
    )

    assert.ok(answers.every(({ status }) => status === 200))
    const distinct = new Set(answers.map(({ body }) => body.refresh_token))
    assert.equal(distinct.size, 20)
  })

  test(`a family that rotates while it is revoked leaves no token (${engine})`, async () => {
    const { server, clientId, token } = await signedIn(rotating, { engine })
    const revoke = () => server.inject('POST', '/oauth/revoke', { client_id: clientId, token })

    const [refreshed] = await Promise.all([server.refresh(clientId, token), revoke(), revoke()])

    if (refreshed?.status === 200) {
      assert.equal((await server.refresh(clientId, refreshed.body.refresh_token)).status, 403)
    }
    assert.equal(await storedTokens(server), 0)
  })
}

test('within the leeway the former token gives a fresh one, after it it ends the family', async () => {
  const { server, clientId, token } = await signedIn({ ...rotating, leeway: 10 })
  const first = await server.refresh(clientId, token)
  server.advance(9999)

  const again = await server.refresh(clientId, token)
  server.advance(1)
  const late = await server.refresh(clientId, token)

  assert.equal(again.status, 200)
  assert.notEqual(again.body.refresh_token, first.body.refresh_token)
  assert.equal(late.status, 403)
  assert.equal((await server.refresh(clientId, first.body.refresh_token)).status, 403)
})

test('the leeway is for the immediate predecessor only', async () => {
  const { server, clientId, token } = await signedIn({ ...rotating, leeway: 60 })
  const { body } = await server.refresh(clientId, token)
  await server.refresh(clientId, body.refresh_token)

  const grandparent = await server.refresh(clientId, token)

  assert.deepEqual(grandparent.body, unknownToken)
})

test('an idle token ends at its idle lifetime, each exchange renews it', async () => {
  const { server, clientId, token } = await signedIn({ ...rotating, rotation_type: 'non-rotating' })
  server.advance(599_999)
  const inTime = await server.refresh(clientId, token)
  server.advance(400_000)
  const renewed = await server.refresh(clientId, token)
  server.advance(1)

  const absolute = await server.refresh(clientId, token)

  // 600 s idle, renewed at 599.999; the absolute end is 1000 s after the login, whatever was renewed.
  assert.deepEqual([inTime.status, renewed.status, absolute.status], [200, 200, 403])
})

test('rotation does not move the absolute end', async () => {
  const { server, clientId, token } = await signedIn(rotating)
  server.advance(500_000)
  const first = await server.refresh(clientId, token)
  server.advance(499_999)
  const second = await server.refresh(clientId, first.body.refresh_token)
  server.advance(1)

  const over = await server.refresh(clientId, second.body.refresh_token)

  assert.deepEqual([first.status, second.status, over.status], [200, 200, 403])
})

test('a token of a client without lifetimes does not end', async () => {
  const { server, clientId, token } = await signedIn({})
  server.advance(10 * 365 * 86_400_000)

  assert.equal((await server.refresh(clientId, token)).status, 200)
})

test('a part of the scope may be asked for, more than it may not', async () => {
  const { server, clientId, token } = await signedIn(rotating)

  const wider = await server.refresh(clientId, token, { scope: 'openid email' })
  const narrower = await server.refresh(clientId, token, { scope: 'openid' })
  const whole = await server.refresh(clientId, narrower.body.refresh_token)

  assert.equal(wider.status, 400)
  assert.equal(wider.body.error, 'invalid_scope')
  assert.equal(narrower.body.scope, 'openid')
  assert.equal(whole.body.scope, 'openid profile phone offline_access')
})

test('a token of a deleted user says so, and does not serve a user who is made again', async () => {
  const { server, clientId, token } = await signedIn(rotating)
  const UserIdRow = Type.Object({ user_id: Type.String() })
  const user = await server.db.first(
    UserIdRow,
    sql`delete from users where tenant_id = ${server.name} returning user_id`,
  )

  const gone = await server.refresh(clientId, token)
  await server.db.run(sql`
    insert into users (tenant_id, user_id, connection, phone_number, profile, created_at, updated_at)
    values (${server.name}, ${user?.user_id}, 'sms', '+14155550137', '{}', 0, 0)`)
  const madeAgain = await server.refresh(clientId, token)

  for (const { status, body } of [gone, madeAgain]) {
    assert.equal(status, 403)
    assert.deepEqual(body, {
      error: 'invalid_grant',
      error_description: "The refresh_token was generated for a user who doesn't exist anymore.",
    })
  }
})

test('a blocked user is told so, and keeps the token until the block ends', async () => {
  const { server, clientId, token } = await signedIn(rotating)
  const block = (blocked: boolean) =>
    server.db.run(sql`update users set blocked = ${blocked} where tenant_id = ${server.name}`)

  await block(true)
  const blocked = await server.refresh(clientId, token)
  await block(false)
  const unblocked = await server.refresh(clientId, token)

  assert.equal(blocked.status, 403)
  assert.equal(blocked.body.error_description, 'user is blocked')
  assert.equal(unblocked.status, 200)
})

test('unknown tokens and those of another client answer alike, and the latter stay good', async () => {
  const { server, clientId, token } = await signedIn(rotating)
  const other = await server.addClient()

  const foreign = await server.refresh(other.clientId, token)
  const unknown = await server.refresh(clientId, 'x'.repeat(43))
  const long = await server.refresh(clientId, 'x'.repeat(10_000))

  for (const { status, body } of [foreign, unknown, long]) {
    assert.equal(status, 403)
    assert.deepEqual(body, unknownToken)
  }
  assert.equal((await server.refresh(clientId, token)).status, 200)
})

test('the 201st login of a user at a client drops the oldest token', async () => {
  const { server, clientId, token } = await signedIn(rotating)
  server.advance(1)
  await server.db.run(sql`
    insert into refresh_tokens (tenant_id, token_hash, family_id, client_id, user_id, connection,
                                scope, rotating, issued_at, family_issued_at, expires_at)
    select tenant_id, sha256(number::text::bytea), number::text, client_id, user_id, connection,
           scope, rotating, issued_at + 1, family_issued_at, expires_at
      from refresh_tokens, generate_series(1, 199) as number where tenant_id = ${server.name}`)
  assert.equal(await storedTokens(server), 200)

  await server.login(clientId)

  assert.equal(await storedTokens(server), 200)
  assert.deepEqual((await server.refresh(clientId, token)).body, unknownToken)
})

test('ended tokens are forgotten, living ones are not', async () => {
  const { server, clientId } = await signedIn(rotating)
  server.advance(300_000)
  await server.login(clientId)
  server.advance(300_001)

  await deleteExpiredRefreshTokens(server.db, server.deps.clock.now(), 1000)

  assert.equal(await storedTokens(server), 1)
})

test('exchanges are told as sertft and fertft, never with a token or a number', async () => {
  const { server, clientId, token } = await signedIn(rotating)
  const { body } = await server.refresh(clientId, token)
  await server.refresh(clientId, token)

  const logs = await server.logs()

  const told = logs.filter(({ type }) => type.endsWith('ertft'))
  assert.deepEqual(told.map(({ type }) => type).sort(), ['fertft', 'sertft'])
  const text = JSON.stringify(logs)
  for (const secret of [token, body.refresh_token, body.access_token, '4155550137']) {
    assert.equal(text.includes(secret), false)
  }
})

test('a request without the token, or a client without the grant, is refused', async () => {
  const server = await tokenServer()
  const { clientId } = await server.addClient()
  const other = await server.addClient({ document: { grant_types: [otpGrant] } })

  const missing = await server.token({ grant_type: 'refresh_token', client_id: clientId })
  const refused = await server.refresh(other.clientId, 'token')

  assert.equal(missing.body.error_description, 'Missing required parameter: refresh_token')
  assert.equal(refused.status, 403)
  assert.deepEqual(refused.body, {
    error: 'unauthorized_client',
    error_description: "Grant type 'refresh_token' not allowed for the client.",
  })
})
