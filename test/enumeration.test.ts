import assert from 'node:assert/strict'
import { test } from 'node:test'
import { passwordlessOtpGrant } from '../src/contract/passwordless.ts'
import { sql } from '../src/store/sql.ts'
import { countStatements } from './counted-database.ts'
import { type Reply, type TestServer, testServer } from './harness.ts'
import { openMigrated } from './migrated.ts'

/** Who a number may belong to, as far as an outsider would like to know. */
const people = ['known', 'unknown', 'blocked'] as const
type Person = (typeof people)[number]

const numberOf: Record<Person, string> = {
  known: '+12025551701',
  unknown: '+12025551702',
  blocked: '+12025551703',
}

/** What an outsider sees of an answer, without what he sent himself and what differs each time. */
function shapeOf({ status, headers, body }: Reply) {
  const { date: _, 'content-length': __, ...told } = headers
  return { status, headers: told, body: blur(body) }
}

/** Ids and numbers become their form: the members and kinds of a body are its shape. */
function blur(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replace(/\+1202555[0-9]{4}/g, '<number>').replace(/\b[0-9a-f]{24}\b/g, '<id>')
  }
  if (Array.isArray(value)) return value.map(blur)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, blur(member)]))
}

type Setting = { signup: 'on' | 'off'; provider: 'twilio' | 'none'; callbacks: boolean }
const settings: Setting[] = (['on', 'off'] as const).flatMap((signup) =>
  (['twilio', 'none'] as const).flatMap((provider) =>
    [false, true].map((callbacks) => ({ signup, provider, callbacks })),
  ),
)

async function prepare({ signup, provider, callbacks }: Setting) {
  const { database, statements } = countStatements(await openMigrated('pglite'))
  const server = await testServer({ database, provider, callbacks })
  for (const person of ['known', 'blocked'] as const) {
    const { body: user } = await server.manage('POST', '/users', {
      connection: 'sms',
      phone_number: numberOf[person],
    })
    if (person === 'blocked') {
      await server.manage('PATCH', `/users/${encodeURIComponent(user.user_id)}`, { blocked: true })
    }
  }
  const { body: connections } = await server.manage('GET', '/connections?name=sms')
  await server.manage('PATCH', `/connections/${connections[0].id}`, {
    options: { ...connections[0].options, disable_signup: signup === 'off' },
  })
  // Settings that the process has not read yet would be read by whoever comes first.
  await server.get('/.well-known/jwks.json')
  await server.request('POST', '/oauth/token', guess('+12025551799'))

  /** One request: what is told, what was asked of the database before the reply and until all was done. */
  const observe = async (method: string, path: string, body?: object) => {
    await server.settle()
    statements.length = 0
    const reply = await server.request(method, path, body)
    const before = [...statements]
    await server.settle()
    return { reply, shape: shapeOf(reply), before, count: statements.length }
  }
  return { server, observe }
}

const start = (phone_number: string) => ({ client_id: 'demo', connection: 'sms', phone_number })
const guess = (username: string) => ({
  grant_type: passwordlessOtpGrant,
  client_id: 'demo',
  username,
  otp: 'wrong',
  realm: 'sms',
})

for (const setting of settings) {
  const { signup, provider, callbacks } = setting
  const where = `sign-up ${signup}, provider ${provider}, reports ${callbacks ? 'on' : 'off'}`

  test(`${where}: a start tells nothing of the person, in words or in work`, async () => {
    const { server, observe } = await prepare(setting)

    const seen = []
    for (const person of people) {
      const { shape, before, count } = await observe(
        'POST',
        '/passwordless/start',
        start(numberOf[person]),
      )
      seen.push({ shape, before, count })
    }

    assert.equal(seen[0]?.shape.status, 200)
    assert.deepEqual(seen[1], seen[0], 'unknown')
    assert.deepEqual(seen[2], seen[0], 'blocked')
    assert.ok((seen[0]?.before.length ?? 0) > 0)
    if (provider === 'twilio') await assertReached(server, signup)
  })

  test(`${where}: the state of a message ends the same for every person`, async () => {
    const { server, observe } = await prepare(setting)
    const ids: string[] = []
    for (const person of people) {
      const { reply } = await observe('POST', '/passwordless/start', start(numberOf[person]))
      ids.push(reply.body._id)
    }
    if (provider === 'twilio' && callbacks) {
      // What the carrier would report of the real ones; decoys report by themselves.
      await server.app.deps.db.run(sql`
        update messages set state = 'delivered'
         where tenant_id = ${server.tenant.name} and state = 'accepted'`)
    }
    server.clock.advance(10_000)

    const seen = []
    for (const id of ids) {
      const { shape, before } = await observe('GET', `/passwordless/status?id=${id}`)
      const { 'x-ratelimit-remaining': _, 'x-ratelimit-reset': __, ...headers } = shape.headers
      seen.push({ ...shape, headers, before })
    }

    assert.equal(seen[0]?.status, 200)
    assert.deepEqual(seen[1], seen[0], 'unknown')
    assert.deepEqual(seen[2], seen[0], 'blocked')
  })

  for (const started of [true, false]) {
    test(`${where}: eleven guesses ${started ? 'after' : 'without'} a start tell nothing of the person`, async () => {
      const { observe } = await prepare(setting)

      const seen = []
      for (const person of people) {
        if (started) await observe('POST', '/passwordless/start', start(numberOf[person]))
        const story = []
        for (let round = 0; round < 11; round += 1) {
          const { shape, before, count } = await observe(
            'POST',
            '/oauth/token',
            guess(numberOf[person]),
          )
          story.push({ shape, before, count })
        }
        seen.push(story)
      }

      assert.equal(seen[0]?.[0]?.shape.status, 403)
      assert.deepEqual(seen[1], seen[0], 'unknown')
      assert.deepEqual(seen[2], seen[0], 'blocked')
    })
  }
}

/** The test would prove nothing if no number were treated differently behind the scenes. */
async function assertReached(server: TestServer, signup: 'on' | 'off') {
  const reached = server.carrier.requests.map(({ form }) => form.get('To'))
  const expected: Person[] = signup === 'on' ? ['known', 'unknown'] : ['known']
  assert.deepEqual(
    reached.sort(),
    expected.map((person) => numberOf[person]),
  )
}
