import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '../src/store/db.ts'
import { borrow } from './borrowed-database.ts'
import { fakeActions } from './fake-actions.ts'
import { type TestServer, type TestServerOptions, testServer } from './harness.ts'
import { openMigrated } from './migrated.ts'

const leaseMs = 25_000
let numbers = 0

/** A tenant whose provider is an Action; `during` happens while it runs. */
async function customTenant(
  during: (server: TestServer) => Promise<void> = async () => {},
  options: TestServerOptions = {},
) {
  const fake = fakeActions()
  const run: typeof fake.run = async (program, call) => {
    const ended = fake.run(program, call)
    await during(server)
    return ended
  }
  const server = await testServer({ leaseMs, ...options, actions: { ...fake, run } })
  const { body } = await server.manage('POST', '/actions/actions', {
    name: 'Sender',
    supported_triggers: [{ id: 'custom-phone-provider', version: 'v1' }],
    code: 'exports.onExecuteCustomPhoneProvider = async () => {}',
  })
  await server.settle()
  await server.manage('POST', `/actions/actions/${body.id}/deploy`)
  const provider = await server.manage('POST', '/branding/phone/providers', {
    name: 'custom',
    configuration: { delivery_methods: ['text', 'voice'] },
    credentials: {},
  })
  assert.equal(provider.status, 201)
  return { server, actions: fake, providerId: provider.body.id as string, actionId: body.id }
}

async function start({ post }: Pick<TestServer, 'post'>): Promise<void> {
  numbers += 1
  const phone_number = `+1202555${2000 + numbers}`
  const body = { client_id: 'demo', connection: 'sms', phone_number }
  assert.equal((await post('/passwordless/start', body)).status, 200)
}

/** Of a node that may be another than the tenant's own. */
async function newestMessage(server: TestServer) {
  const { body: list } = await server.manage('GET', '/phone/messages?take=1')
  return (await server.manage('GET', `/phone/messages/${list.messages[0].id}`)).body
}

const sweep = async (server: TestServer) => {
  await server.app.sweeper.sweep()
  await server.settle()
}

const outcomes = ({ attempts }: { attempts: { outcome: string }[] }) =>
  attempts.map(({ outcome }) => outcome)

test('a node that loses its lease while the Action runs does not decide about the message', async () => {
  const other = fakeActions()
  let taking: Promise<void> | undefined
  const { server, actions } = await customTenant(({ clock }) => {
    taking ??= takeOver()
    return taking
    async function takeOver() {
      clock.advance(leaseMs + 1)
      const node = await testServer({ clock, leaseMs, actions: other })
      await sweep(node)
    }
  })
  actions.script({ ended: 'returned', verdict: { type: 'drop', reason: 'too late' } })

  await start(server)

  const message = await newestMessage(server)
  assert.deepEqual([actions.calls.length, other.calls.length], [1, 1])
  assert.deepEqual([message.state, outcomes(message)], ['accepted', ['unknown', 'accepted']])
  assert.equal(message.possible_duplicate, true)
})

test('an Action that the stopping server takes with it is run by another node, and marked', async () => {
  const killed = Promise.withResolvers<void>()
  const running = Promise.withResolvers<void>()
  const { server, actions } = await customTenant(() => {
    running.resolve()
    return killed.promise
  })
  actions.script({ ended: 'killed' })
  const other = fakeActions()
  const node = await testServer({ clock: server.clock, leaseMs, actions: other })
  const token = await adminToken(server)
  const asked = server.request('POST', '/passwordless/start', {
    ...{ client_id: 'demo', connection: 'sms', phone_number: '+12025552999' },
  })
  await Promise.all([asked, running.promise])

  const closed = server.app.close()
  killed.resolve()
  await closed
  await sweep(node)

  const message = await messageThrough(node, server, token)
  assert.equal(other.calls.length, 1)
  assert.deepEqual([message.state, outcomes(message)], ['accepted', ['unknown', 'accepted']])
  assert.equal(message.possible_duplicate, true)
})

test('a killed process of a server that goes on leaves an unknown result, and nothing runs again', async () => {
  const { server, actions } = await customTenant()
  actions.script({ ended: 'killed' })

  await start(server)
  server.clock.advance(leaseMs + 1)
  await sweep(server)

  const message = await newestMessage(server)
  assert.equal(actions.calls.length, 1)
  assert.deepEqual([message.state, message.cause.code], ['failed', 'result_unknown'])
  assert.deepEqual(outcomes(message), ['unknown'])
})

for (const [what, status, cause] of [
  ['deleted', 204, 'provider_not_available'],
  ['disabled', 200, 'phone_provider_disabled'],
] as const) {
  test(`a provider that is ${what} between two runs ends the message`, async () => {
    const { server, actions, providerId } = await customTenant(undefined, { inbox: false })
    actions.script({ ended: 'returned', verdict: { type: 'retry', reason: 'busy' } })
    await start(server)
    const path = `/branding/phone/providers/${providerId}`
    const answer =
      what === 'deleted'
        ? await server.manage('DELETE', path)
        : await server.manage('PATCH', path, { disabled: true })

    server.clock.advance(7000)
    await sweep(server)

    const message = await newestMessage(server)
    assert.equal(answer.status, status)
    assert.equal(actions.calls.length, 1)
    assert.deepEqual([message.state, message.cause.code], ['failed', cause])
  })
}

test('a newer code ends the wait of the older one, and the Action gets the newer one alone', async () => {
  const { server, actions } = await customTenant()
  actions.script({ ended: 'returned', verdict: { type: 'retry', reason: 'busy' } })
  const body = { client_id: 'demo', connection: 'sms', phone_number: '+12025552998' }
  await server.post('/passwordless/start', body)
  const older = await newestMessage(server)
  server.clock.advance(1000)
  await server.post('/passwordless/start', body)

  server.clock.advance(7000)
  await sweep(server)

  const ended = (await server.manage('GET', `/phone/messages/${older.id}`)).body
  assert.equal(actions.calls.length, 2)
  assert.deepEqual([ended.state, ended.cause.code], ['cancelled', 'superseded'])
})

/** A database in which statements that name something fail while `broken` says so. */
function breaking(database: Database, word: string, state: { broken: boolean }): Database {
  const check = (query: unknown) => {
    if (state.broken && JSON.stringify(query).includes(word)) throw new Error(`no ${word}`)
  }
  return borrow(database, {
    first: async (row, query) => {
      check(query)
      return database.first(row, query)
    },
    rows: async (row, query) => {
      check(query)
      return database.rows(row, query)
    },
    run: async (query) => {
      check(query)
      return database.run(query)
    },
  })
}

const loud: NonNullable<TestServerOptions['log']> = {
  ...{ debug() {}, info() {}, warn() {}, error() {} },
}

test('a run that cannot be recorded counts all the same', async () => {
  const state = { broken: false }
  const database = breaking(await openMigrated('pglite'), 'insert into action_executions', state)
  const { server, actions } = await customTenant(undefined, { database, log: loud })
  state.broken = true

  await start(server)

  assert.equal(actions.calls.length, 1)
  assert.equal((await newestMessage(server)).state, 'accepted')
})

test('a message whose Action cannot be read waits, because it certainly did not run', async () => {
  const state = { broken: false }
  const database = breaking(await openMigrated('pglite'), 'action_versions', state)
  const { server, actions, actionId } = await customTenant(undefined, { database, log: loud })
  await server.manage('POST', `/actions/actions/${actionId}/deploy`)
  state.broken = true

  await start(server)
  const waiting = await newestMessage(server)
  state.broken = false
  server.clock.advance(7000)
  await sweep(server)

  assert.deepEqual([waiting.state, waiting.cause.code], ['queued', 'action_not_started'])
  assert.equal((await newestMessage(server)).state, 'accepted')
  assert.equal(actions.calls.length, 1)
})

test('a run ends before the lease does, by what the lease has left', async () => {
  const { server, actions } = await customTenant()
  await start(server)
  const limits = actions.calls.map(({ call }) => call.limitMs)

  const short = await customTenant(undefined, { leaseMs: 5000 })
  await start(short.server)

  assert.deepEqual(limits, [20_000])
  assert.deepEqual(
    short.actions.calls.map(({ call }) => call.limitMs),
    [4600],
  )
})

test('what an Action prints of the message is hidden in every spelling that it got', async () => {
  const { server, actions } = await customTenant()
  await start(server)
  const { hidden = [], event } = actions.calls[0]?.call ?? assert.fail('nothing ran')
  const { code, recipient, as_voice } = event.notification as Record<string, string>

  assert.ok(hidden.includes(code ?? '') && hidden.includes(recipient ?? ''))
  assert.ok(hidden.includes((recipient ?? '').slice(1)))
  assert.ok(hidden.some((value) => value !== code && as_voice?.includes(value)))
})

test('a test of a provider whose Action is gone says so at once', async () => {
  const { server, providerId, actionId } = await customTenant()
  await server.manage('DELETE', `/actions/actions/${actionId}?force=true`)

  const tried = await server.manage('POST', `/branding/phone/providers/${providerId}/try`, {
    to: '+12025552997',
  })

  assert.equal(tried.status, 409)
  assert.equal(tried.body.errorCode, 'custom_email_provider_deployed_action_not_found')
})

async function adminToken(server: TestServer): Promise<string> {
  const { body } = await server.request('POST', '/oauth/token', {
    grant_type: 'client_credentials',
    client_id: server.admin.clientId,
    client_secret: server.admin.clientSecret,
    audience: `${server.tenant.url}/api/v2/`,
  })
  return body.access_token
}

/** The newest message of `owner`, whose own node has stopped. */
async function messageThrough(node: TestServer, owner: TestServer, token: string) {
  const headers = { host: owner.tenant.host, authorization: `Bearer ${token}` }
  const list = await node.request('GET', '/api/v2/phone/messages?take=1', undefined, headers)
  const path = `/api/v2/phone/messages/${list.body.messages[0].id}`
  return (await node.request('GET', path, undefined, headers)).body
}
