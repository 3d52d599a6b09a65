import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines } from '../../../test/databases.ts'
import { fakeActions } from '../../../test/fake-actions.ts'
import { type TestServer, testServer } from '../../../test/harness.ts'
import type { ActionBuild } from '../../actions/action-builder.ts'

const path = '/actions/actions'
const trigger = [{ id: 'custom-phone-provider', version: 'v1' }]
const code = 'exports.onExecuteCustomPhoneProvider = async (event, api) => {}'
const action = { name: 'Gateway', supported_triggers: trigger, code }

test('an Action is created, built, deployed, bound and listed', async () => {
  const server = await testServer()

  const created = await server.manage('POST', path, {
    ...action,
    dependencies: [{ name: 'axios', version: 'latest' }],
  })
  await server.settle()
  const built = await server.manage('GET', `${path}/${created.body.id}`)
  const deployed = await server.manage('POST', `${path}/${created.body.id}/deploy`)
  const after = await server.manage('GET', `${path}/${created.body.id}`)
  const bindings = await server.manage('GET', '/actions/triggers/custom-phone-provider/bindings')
  const list = await server.manage('GET', `${path}?triggerId=custom-phone-provider`)

  assert.deepEqual([created.status, created.body.status], [201, 'pending'])
  assert.equal(created.body.all_changes_deployed, false)
  assert.equal(built.body.status, 'built')
  assert.deepEqual(built.body.dependencies, [{ name: 'axios', version: '1.0.0' }])
  assert.deepEqual([deployed.status, deployed.body.number, deployed.body.deployed], [200, 1, false])
  assert.equal(deployed.body.action.all_changes_deployed, false)
  assert.equal(after.body.all_changes_deployed, true)
  assert.equal(after.body.deployed_version.deployed, true)
  assert.equal(bindings.body.bindings[0].action.id, created.body.id)
  assert.deepEqual([list.body.total, list.body.per_page, list.body.page], [1, 20, undefined])
})

for (const engine of engines) {
  test(`on ${engine} the trigger of the phone provider takes one Action, however many ask at once`, async () => {
    const server = await testServer({ engine })

    const answers = await Promise.all(
      ['A', 'B', 'C'].map((name) => server.manage('POST', path, { ...action, name })),
    )

    const refused = answers.filter(({ status }) => status !== 201)
    assert.equal(refused.length, 2)
    assert.deepEqual(refused[0]?.body, {
      statusCode: 403,
      error: 'Forbidden',
      message: 'custom-phone-provider can only have one supported Action',
      errorCode: 'actions_cardinality_custom_phone_provider_not_allowed',
    })
  })
}

test('a draft that is not built or has no handler is not deployed, in words', async () => {
  const actions = fakeActions()
  const server = await testServer({ actions })
  actions.failBuilds({ id: 'dependency_unavailable', msg: 'There is no package nothing.' })
  const { body: broken } = await server.manage('POST', path, action)
  await server.settle()
  const failed = await server.manage('GET', `${path}/${broken.id}`)
  const refused = await server.manage('POST', `${path}/${broken.id}/deploy`)
  actions.failBuilds()
  await server.manage('PATCH', `${path}/${broken.id}`, {
    code: 'exports.onExecute = async () => {}',
  })
  await server.settle()

  const unloadable = await server.manage('POST', `${path}/${broken.id}/deploy`)

  assert.equal(failed.body.status, 'failed')
  assert.equal(failed.body.errors[0].id, 'dependency_unavailable')
  assert.equal(refused.status, 400)
  assert.match(refused.body.message, /must be in the 'built' state/)
  assert.equal(unloadable.status, 400)
  assert.match(unloadable.body.message, /onExecuteCustomPhoneProvider/)
})

test('secrets are replaced as a set and never come back', async () => {
  const server = await testServer()
  const secrets = [
    { name: 'KEEP', value: 'first-value-1' },
    { name: 'GONE', value: 'second-value-2' },
  ]
  const created = await server.manage('POST', path, { ...action, secrets })
  const changed = await server.manage('PATCH', `${path}/${created.body.id}`, {
    secrets: [{ name: 'KEEP' }, { name: 'NEW', value: 'third-value-3' }],
  })
  await server.settle()
  await server.manage('POST', `${path}/${created.body.id}/deploy`)
  const unknown = await server.manage('PATCH', `${path}/${created.body.id}`, {
    secrets: [{ name: 'OTHER' }],
  })
  const got = await server.manage('GET', `${path}/${created.body.id}`)
  const logs = await server.manage('GET', '/logs')

  const names = changed.body.secrets.map((secret: { name: string }) => secret.name)
  assert.deepEqual(names, ['KEEP', 'NEW'])
  assert.equal(unknown.status, 400)
  assert.deepEqual(Object.keys(got.body.secrets[0]).sort(), ['name', 'updated_at'])
  for (const { text } of [created, changed, got, logs]) assert.doesNotMatch(text, /-value-[123]/)
})

test('an edit changes nothing that runs until it is deployed', async () => {
  const server = await testServer()
  const { body } = await server.manage('POST', path, action)
  await server.settle()
  await server.manage('POST', `${path}/${body.id}/deploy`)

  await server.manage('PATCH', `${path}/${body.id}`, { code: `${code} // second` })
  await server.settle()
  const edited = await server.manage('GET', `${path}/${body.id}`)

  assert.equal(edited.body.all_changes_deployed, false)
  assert.equal(edited.body.deployed_version.code, code)
  assert.equal(edited.body.code, `${code} // second`)
})

test('an Action that is bound goes with force only', async () => {
  const server = await testServer()
  const { body } = await server.manage('POST', path, action)
  await server.settle()
  await server.manage('POST', `${path}/${body.id}/deploy`)

  const refused = await server.manage('DELETE', `${path}/${body.id}`)
  const forced = await server.manage('DELETE', `${path}/${body.id}?force=true`)
  const gone = await server.manage('GET', `${path}/${body.id}`)

  assert.equal(refused.status, 400)
  assert.equal(forced.status, 204)
  assert.deepEqual([gone.status, gone.body.message], [404, 'That action does not exist.'])
})

test('an Action that the phone provider sends through goes with force only', async () => {
  const server = await testServer()
  const { body } = await server.manage('POST', path, { ...action, deploy: true })
  const provider = await server.manage('POST', '/branding/phone/providers', {
    name: 'custom',
    credentials: {},
    configuration: { delivery_methods: ['text'] },
  })

  const refused = await server.manage('DELETE', `${path}/${body.id}`)
  const forced = await server.manage('DELETE', `${path}/${body.id}?force=true`)

  assert.equal(provider.status, 201)
  assert.deepEqual([refused.status, refused.body.error], [409, 'Conflict'])
  assert.equal(forced.status, 204)
})

test('a test runs the draft with its secrets and tells all but them', async () => {
  const actions = fakeActions()
  const server = await testServer({ actions })
  const { body } = await server.manage('POST', path, {
    ...action,
    secrets: [{ name: 'KEY', value: 'the-value-of-key' }],
  })
  await server.settle()
  actions.script({ ended: 'returned', verdict: { type: 'drop', reason: 'no' }, logs: 'a line' })

  const tested = await server.manage('POST', `${path}/${body.id}/test`, { payload: {} })

  assert.equal(tested.status, 200)
  assert.deepEqual(tested.body.payload.verdict, { type: 'drop', reason: 'no' })
  assert.equal(tested.body.payload.logs, 'a line')
  assert.equal(tested.body.payload.event.notification.message_type, 'otp_verify')
  assert.deepEqual(actions.calls[0]?.call.secrets, { KEY: 'the-value-of-key' })
  assert.doesNotMatch(tested.text, /the-value-of-key/)
})

test('limits and wrong bodies are refused before anything is stored', async () => {
  const server = await testServer()
  const many = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`)
  const wrong = [
    { ...action, code: 'é'.repeat(60_000) },
    { ...action, code: 'a'.repeat(102_401) },
    { ...action, dependencies: many(11).map((name) => ({ name, version: '1.0.0' })) },
    { ...action, secrets: many(31).map((name) => ({ name, value: 'x' })) },
    { ...action, secrets: [{ name: 'n'.repeat(129), value: 'x' }] },
    { ...action, secrets: [{ name: 'n', value: 'v'.repeat(4097) }] },
    { ...action, supported_triggers: [{ id: 'post-nothing', version: 'v1' }] },
    { ...action, supported_triggers: [] },
    { ...action, runtime: 'deno' },
  ]

  const answers = await Promise.all(wrong.map((body) => server.manage('POST', path, body)))
  const list = await server.manage('GET', path)

  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.errorCode]),
    wrong.map(() => [400, 'invalid_body']),
  )
  assert.deepEqual(list.body, { actions: [], per_page: 20 })
})

test('who asks for it has an Action deployed as soon as it is built', async () => {
  const server = await testServer()

  const created = await server.manage('POST', path, { ...action, deploy: true })
  const { body } = await server.manage('GET', `${path}/${created.body.id}`)

  assert.deepEqual([created.body.status, created.body.deployed_version], ['pending', undefined])
  assert.deepEqual([body.deployed_version.number, body.all_changes_deployed], [1, true])
})

for (const engine of engines) {
  test(`on ${engine} a tenant has a hundred Actions, and no more by asking twice at once`, async () => {
    const server = await testServer({ engine })
    const create = (name: string) =>
      server.manage('POST', path, {
        name,
        supported_triggers: [{ id: 'send-phone-message' }],
      })
    for (let made = 0; made < 99; made += 1) await create(`Action ${made}`)

    const answers = await Promise.all([create('One more'), create('And another')])
    const list = await server.manage('GET', `${path}?per_page=100`)
    const past = await server.manage('GET', `${path}?per_page=100&page=1`)

    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 403])
    assert.deepEqual([list.body.total, list.body.actions.length], [100, 100])
    assert.deepEqual(past.body, { actions: [], page: 1, per_page: 100 })
  })
}

test('the log of changes tells neither code nor secrets', async () => {
  const server = await testServer()
  const { body } = await server.manage('POST', path, action)
  await server.settle()
  await server.manage('POST', `${path}/${body.id}/deploy`)
  await server.manage('PATCH', '/actions/triggers/custom-phone-provider/bindings', {
    bindings: [{ ref: { type: 'action_id', value: body.id } }],
  })
  await server.manage('PATCH', `${path}/${body.id}`, { code: `${code} // second` })

  const logs = await server.manage('GET', '/logs?per_page=100')

  const told = logs.body.filter(({ type }: { type: string }) => type === 'sapi')
  assert.equal(told.length, 4)
  assert.doesNotMatch(logs.text, /onExecuteCustomPhoneProvider/)
})

test('a build that its process left is taken over by whoever reads the Action', async () => {
  const actions = fakeActions()
  const build = actions.build
  // What begins does not end before somebody else has built.
  const left = Promise.withResolvers<ActionBuild>()
  actions.build = () => left.promise
  const first = await testServer({ actions })
  const created = await first.request('POST', `/api/v2${path}`, action, {
    authorization: `Bearer ${await tokenOf(first)}`,
  })
  actions.build = build
  const address = `/api/v2${path}/${created.body.id}`
  const read = async () =>
    first.request('GET', address, undefined, { authorization: `Bearer ${await tokenOf(first)}` })

  const early = await read()
  first.clock.advance(121_000)
  await read()
  let late = await read()
  for (let tries = 0; late.body.status !== 'built' && tries < 500; tries += 1) late = await read()
  left.resolve({ ok: false, errors: [{ id: 'late', msg: 'Too late.' }] })
  await first.settle()
  const last = await read()

  const statuses = [early, late, last].map(({ body }) => body.status)
  assert.deepEqual(statuses, ['pending', 'built', 'built'])
})

async function tokenOf(server: TestServer): Promise<string> {
  const { body } = await server.request('POST', '/oauth/token', {
    grant_type: 'client_credentials',
    client_id: server.admin.clientId,
    client_secret: server.admin.clientSecret,
    audience: `${server.tenant.url}/api/v2/`,
  })
  return body.access_token
}
