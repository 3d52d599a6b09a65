import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines } from '../../../test/databases.ts'
import { stillClock, type TestServer, testServer } from '../../../test/harness.ts'
import { expireOldRows } from '../../domain/maintenance.ts'
import { getActiveUsers } from '../../domain/stats.ts'
import { writeTenantLog } from '../../domain/tenant-logs.ts'
import { sql } from '../../store/sql.ts'
import { foldDailyStats } from '../../store/stats.ts'

const start = Date.UTC(2025, 2, 10, 12)
const dayMs = 86_400_000

const log = (server: TestServer, ...types: ('s' | 'ss' | 'f')[]) =>
  Promise.all(
    types.map((type) => writeTenantLog(server.app.deps, { id: server.tenant.name }, { type })),
  )

/** A sign-in through the inbox. */
async function signIn(server: TestServer, phone_number: string): Promise<void> {
  await server.post('/passwordless/start', { client_id: 'demo', connection: 'sms', phone_number })
  const answer = await server.post('/oauth/token', {
    grant_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
    client_id: 'demo',
    username: phone_number,
    otp: await server.newestCode(),
    realm: 'sms',
  })
  assert.equal(answer.status, 200, answer.text)
}

for (const engine of engines) {
  test(`on ${engine} days count sign-ins and sign-ups, whenever they are added up`, async () => {
    const server = await testServer({ engine, clock: stillClock(start) })
    const days = async (query = '') => {
      const { body } = await server.manage('GET', `/stats/daily${query}`)
      return body.map((day: { date: string; logins: number; signups: number }) => [
        day.date.slice(0, 10),
        day.logins,
        day.signups,
      ])
    }
    await log(server, 's', 's', 'ss', 'f')
    assert.deepEqual(await days(), [['2025-03-10', 2, 1]])

    await foldDailyStats(server.app.deps.db, server.tenant.name)
    assert.deepEqual(await days(), [['2025-03-10', 2, 1]])
    await log(server, 's')
    assert.deepEqual(await days(), [['2025-03-10', 3, 1]])
    await Promise.all([1, 2, 3].map(() => foldDailyStats(server.app.deps.db, server.tenant.name)))
    await foldDailyStats(server.app.deps.db, server.tenant.name)
    assert.deepEqual(await days(), [['2025-03-10', 3, 1]], 'nobody counts twice')

    server.clock.advance(dayMs)
    await log(server, 'ss')
    await expireOldRows(server.app.deps)
    const again = await testServer({ engine, clock: server.clock })
    assert.deepEqual((await again.manage('GET', '/stats/daily')).body, [])
    const tokenIsOld = await server.manage('GET', '/stats/daily')
    assert.equal(tokenIsOld.status, 401)
  })

  test(`on ${engine} a user counts once while the last sign-in is less than 30 days old`, async () => {
    const server = await testServer({ engine, clock: stillClock(start) })
    const { deps } = server.app
    const tenant = await server.app.tenants.byId(server.tenant.name)
    assert.ok(tenant !== undefined)
    const active = () => getActiveUsers(deps, tenant)

    assert.equal((await server.manage('GET', '/stats/active-users')).text, '0')
    await signIn(server, '+14155550101')
    await signIn(server, '+14155550102')
    await server.manage('POST', '/users', { connection: 'sms', phone_number: '+14155550103' })
    const { body, headers, text } = await server.manage('GET', '/stats/active-users')
    assert.deepEqual([body, text], [2, '2'])
    assert.match(String(headers['content-type']), /json/)

    const users = (await server.manage('GET', '/users?sort=phone_number:1')).body
    server.clock.advance(20 * dayMs)
    const later = await testServer({ engine, clock: server.clock })
    assert.equal((await later.manage('GET', '/stats/active-users')).body, 0)
    await deps.db.run(
      sql`update users set last_login = ${server.clock.now()} where tenant_id = ${tenant.id} and user_id = ${users[0].user_id}`,
    )
    assert.equal(await active(), 2)
    server.clock.advance(10 * dayMs)
    assert.equal(await active(), 1, 'the other has not been here for 30 days')
    await deps.db.run(
      sql`delete from users where tenant_id = ${tenant.id} and user_id = ${users[0].user_id}`,
    )
    assert.equal(await active(), 0)
  })
}

test('what is no day is refused', async () => {
  const server = await testServer()
  for (const query of ['from=2025-01-01', 'to=20250631', 'from=yesterday']) {
    const { status, body } = await server.manage('GET', `/stats/daily?${query}`)
    assert.deepEqual([status, body.errorCode], [400, 'invalid_query_string'], query)
  }
})

test('a range is asked for by its first and last day', async () => {
  const server = await testServer({ clock: stillClock(start) })
  await log(server, 's')
  server.clock.advance(4 * 3_600_000 * 3)
  await log(server, 's', 's')

  const both = await server.manage('GET', '/stats/daily?from=20250310&to=20250311')
  const first = await server.manage('GET', '/stats/daily?from=20250301&to=20250310')

  assert.deepEqual(
    both.body.map(({ logins }: { logins: number }) => logins),
    [1, 2],
  )
  assert.deepEqual(first.body, [
    {
      date: '2025-03-10T00:00:00.000Z',
      ...{ logins: 1, signups: 0, leaked_passwords: 0 },
      created_at: '2025-03-10T12:00:00.000Z',
      updated_at: '2025-03-10T12:00:00.000Z',
    },
  ])
})
