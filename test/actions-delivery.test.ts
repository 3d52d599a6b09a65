import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FakeActions, fakeActions } from './fake-actions.ts'
import { type TestServer, testServer } from './harness.ts'

const number = '+4915112345678'

/** A tenant whose messages go through an Action that does what the test says. */
async function customTenant(): Promise<{ server: TestServer; actions: FakeActions }> {
  const actions = fakeActions()
  const server = await testServer({ actions })
  const { body } = await server.manage('POST', '/actions/actions', {
    name: 'Sender',
    supported_triggers: [{ id: 'custom-phone-provider', version: 'v1' }],
    code: 'exports.onExecuteCustomPhoneProvider = async () => {}',
    secrets: [{ name: 'GATEWAY_URL', value: 'http://127.0.0.1:1' }],
  })
  await server.settle()
  await server.manage('POST', `/actions/actions/${body.id}/deploy`)
  const provider = await server.manage('POST', '/branding/phone/providers', {
    name: 'custom',
    configuration: { delivery_methods: ['text', 'voice'] },
    credentials: {},
  })
  assert.equal(provider.status, 201)
  return { server, actions }
}

async function start(server: TestServer): Promise<void> {
  const body = { client_id: 'demo', connection: 'sms', phone_number: number }
  const answer = await server.post('/passwordless/start', body)
  assert.equal(answer.status, 200)
  await server.settle()
}

const message = async (server: TestServer) => {
  const list = await server.manage('GET', '/phone/messages?take=1')
  return (await server.manage('GET', `/phone/messages/${list.body.messages[0].id}`)).body
}

test('a sign-in through an Action gives it the event, and the code works', async () => {
  const { server, actions } = await customTenant()

  await start(server)
  const { program, call } = actions.calls[0] ?? assert.fail('nothing ran')
  const notification = call.event.notification as Record<string, string>
  const login = await server.post('/oauth/token', {
    grant_type: 'http://auth0.com/oauth/grant-type/passwordless/otp',
    ...{ client_id: 'demo', username: number, otp: notification.code, realm: 'sms' },
  })

  assert.equal(login.status, 200)
  assert.equal(program.trigger, 'custom-phone-provider')
  assert.deepEqual(call.secrets, { GATEWAY_URL: 'http://127.0.0.1:1' })
  assert.equal(notification.recipient, number)
  assert.equal(notification.message_type, 'otp_verify')
  assert.equal(notification.delivery_method, 'text')
  assert.match(notification.as_text ?? '', new RegExp(notification.code ?? 'none'))
  assert.deepEqual(Object.keys(call.event).sort(), [
    ...['client', 'configuration', 'connection', 'notification', 'request', 'tenant', 'user'],
  ])
  assert.equal((call.event.connection as { strategy: string }).strategy, 'sms')
  assert.equal((await message(server)).state, 'accepted')
})

test('a try that comes later tells of the same person, and a stranger is nobody twice', async () => {
  const { server, actions } = await customTenant()
  const verdict = { type: 'retry', reason: 'busy' } as const
  const { body: made } = await server.manage('POST', '/users', {
    ...{ connection: 'sms', phone_number: number, given_name: 'Ada' },
    ...{ user_metadata: { shoe: 39 }, app_metadata: { plan: 'free' } },
  })
  await server.manage('POST', `/users/${made.user_id}/authentication-methods`, {
    ...{ type: 'phone', phone_number: '+4915112345679', preferred_authentication_method: 'sms' },
  })
  const tell = async () => {
    actions.script({ ended: 'returned', verdict })
    await start(server)
    server.clock.advance(30_000)
    await server.app.sweeper.sweep()
    await server.settle()
    return actions.calls.slice(-2).map(({ call }) => call.event.user as Record<string, unknown>)
  }

  const [first, second] = await tell()
  await server.manage('DELETE', `/users/${made.user_id}`)
  const [stranger, again] = await tell()

  assert.equal(first?.user_id, made.user_id)
  assert.deepEqual([first?.given_name, first?.app_metadata], ['Ada', { plan: 'free' }])
  assert.deepEqual(first?.multifactor, ['guardian'])
  assert.deepEqual(second, first)
  assert.equal(stranger?.phone_verified, false)
  assert.equal(stranger?.multifactor, undefined)
  assert.deepEqual(again, stranger)
})

test('an Action that always says retry is run six times, then the message has failed', async () => {
  const { server, actions } = await customTenant()
  const verdict = { type: 'retry', reason: 'gateway busy' } as const
  actions.script(...Array.from({ length: 9 }, () => ({ ended: 'returned' as const, verdict })))
  await server.manage(
    'PATCH',
    `/connections/${(await server.manage('GET', '/connections')).body[0].id}`,
    {
      options: { totp: { length: 6, time_step: 3000 }, name: 'sms', brute_force_protection: true },
    },
  )

  await start(server)
  for (let second = 0; second < 400; second += 1) {
    server.clock.advance(1000)
    await server.app.sweeper.sweep()
    await server.settle()
  }
  const { body: logs } = await server.manage('GET', '/logs?per_page=100')
  const failures = logs.filter((entry: { type: string }) => entry.type === 'fn')

  assert.equal(actions.calls.length, 6)
  assert.equal((await message(server)).state, 'failed')
  assert.equal(failures.length, 6)
  assert.equal(failures[0].details.error, 'gateway busy')
  assert.deepEqual(
    failures.map((entry: { details: { will_retry: boolean } }) => entry.details.will_retry),
    [false, true, true, true, true, true],
  )
})

for (const [ended, errorClass, state, cause] of [
  ['threw', 'action_error', 'failed', 'action_error'],
  ['timed_out', 'action_timeout', 'failed', 'action_timeout'],
  ['killed', 'platform_error', 'failed', 'result_unknown'],
] as const) {
  test(`a run that ${ended} is not repeated, and the log says ${errorClass}`, async () => {
    const { server, actions } = await customTenant()
    const error = { name: 'TypeError', message: 'no such member' }
    actions.script({ ended, error, logs: 'a line of console' })

    await start(server)
    server.clock.advance(30_000)
    await server.app.sweeper.sweep()
    await server.settle()
    const { body: logs } = await server.manage('GET', '/logs?per_page=100')
    const entry = logs.find(({ type }: { type: string }) => type === 'actions_execution_failed')
    const execution = await server.manage(
      'GET',
      `/actions/executions/${entry.details.execution_id}`,
    )
    const failed = logs.find(({ type }: { type: string }) => type === 'fn')

    assert.equal(actions.calls.length, 1)
    assert.equal((await message(server)).state, state)
    assert.equal((await message(server)).cause.code, cause)
    assert.equal(entry.details.error_class, errorClass)
    assert.deepEqual(entry.details.action_error, error)
    assert.deepEqual(
      [execution.body.status, execution.body.results[0].error.id],
      ['final', errorClass],
    )
    assert.equal(failed.details.execution_id, entry.details.execution_id)
    assert.equal(failed.details.actions.logs, 'a line of console')
  })
}

test('drop ends a message at once, with its reason', async () => {
  const { server, actions } = await customTenant()
  actions.script({ ended: 'returned', verdict: { type: 'drop', reason: 'number is blocked' } })

  await start(server)

  const { state, cause, attempts } = await message(server)
  assert.deepEqual([state, cause.code, cause.text], ['failed', 'action_drop', 'number is blocked'])
  assert.equal(attempts.length, 1)
})

test('texts of an Action that no database takes end the message all the same', async () => {
  const { server, actions } = await customTenant()
  // A NUL, half of a character, and the six characters that stand for a NUL.
  const text = 'a\u0000b\ud800c\\u0000'
  actions.script({ ended: 'returned', verdict: { type: 'drop', reason: text } })
  actions.script({ ended: 'threw', error: { name: text, message: text, stack: text }, logs: text })

  await start(server)
  const dropped = await message(server)
  await start(server)
  const threw = await message(server)
  const { body: logs } = await server.manage('GET', '/logs?per_page=100')
  const entry = logs.find(({ type }: { type: string }) => type === 'actions_execution_failed')

  assert.deepEqual([dropped.state, dropped.cause.text], ['failed', 'a\ufffdb\ufffdc\\u0000'])
  assert.deepEqual([threw.state, threw.cause.code], ['failed', 'action_error'])
  assert.equal(entry.details.action_error.message, 'a\ufffdb\ufffdc\\u0000')
})

test('an edit acts on messages once it is deployed, and the Action of an active provider stays', async () => {
  const { server, actions } = await customTenant()
  const { body: list } = await server.manage('GET', '/actions/actions')
  const path = `/actions/actions/${list.actions[0].id}`
  const code = 'exports.onExecuteCustomPhoneProvider = async () => { await 1 }'
  await server.manage('PATCH', path, { code })
  await server.settle()

  await start(server)
  await server.manage('POST', `${path}/deploy`)
  await start(server)
  const refused = await server.manage('DELETE', path)
  const forced = await server.manage('DELETE', `${path}?force=true`)
  await start(server)

  const bundles = await Promise.all(actions.calls.map(({ program }) => program.digest))
  assert.equal(new Set(bundles).size, 2)
  assert.equal(actions.calls.length, 2)
  assert.deepEqual([refused.status, forced.status], [409, 204])
  const { state, cause } = await message(server)
  assert.deepEqual([state, cause.code], ['failed', 'custom_phone_provider_action_not_deployed'])
})

test('a test message of the provider runs the Action', async () => {
  const { server, actions } = await customTenant()
  const { body } = await server.manage('GET', '/branding/phone/providers')

  const tried = await server.manage(
    'POST',
    `/branding/phone/providers/${body.providers[0].id}/try`,
    {
      to: number,
      delivery_method: 'voice',
    },
  )
  await server.settle()

  assert.equal(tried.status, 202)
  const notification = actions.calls[0]?.call.event.notification as Record<string, string>
  assert.equal(notification.delivery_method, 'voice')
})
