import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storeExecution } from '../stored-execution.ts'
import { refusal, sdkTrial } from './management.ts'

const trial = sdkTrial('actions')

const definition = {
  name: 'Gateway',
  supported_triggers: [{ id: 'custom-phone-provider' as const, version: 'v1' }],
  code: 'exports.onExecuteCustomPhoneProvider = async () => {}',
  runtime: 'node22',
  secrets: [{ name: 'KEY', value: 'hidden-value' }],
}

test('an Action is created, tested, deployed, bound, rolled back and deleted', async () => {
  const { sdk } = await trial.open()
  const { actions } = sdk

  const created = await actions.create(definition)
  const id = created.id ?? ''
  assert.partialDeepStrictEqual(created, {
    name: 'Gateway',
    supported_triggers: definition.supported_triggers,
    runtime: 'node22',
    all_changes_deployed: false,
  })
  assert.equal(created.secrets?.[0]?.name, 'KEY')
  assert.doesNotMatch(JSON.stringify(created), /hidden-value/)
  const built = await actions.get(id)
  assert.equal(built.status, 'built')
  const tested = await actions.test(id, { payload: {} })
  assert.equal(typeof tested.payload?.stats, 'object')
  const first = await actions.deploy(id)
  assert.deepEqual([first.number, first.status, first.action?.id], [1, 'built', id])
  assert.equal((await actions.get(id)).deployed_version?.deployed, true)

  await actions.update(id, { code: `${definition.code} // changed` })
  await actions.deploy(id)
  const { data: versions, response } = await actions.versions.list(id)
  assert.deepEqual([versions.length, response.per_page, response.page], [2, 50, undefined])
  const version = await actions.versions.get(id, first.id ?? '')
  assert.deepEqual([version.number, version.code], [1, definition.code])
  const rolledBack = await actions.versions.deploy(id, first.id ?? '', { update_draft: true })
  assert.deepEqual([rolledBack.number, rolledBack.code], [3, definition.code])
  assert.equal((await actions.get(id)).code, definition.code)

  const { bindings } = await actions.triggers.bindings.updateMany('custom-phone-provider', {
    bindings: [{ ref: { type: 'action_name', value: 'Gateway' }, display_name: 'Sender' }],
  })
  assert.deepEqual(
    bindings?.map(({ display_name, action }) => [display_name, action?.id]),
    [['Sender', id]],
  )
  const bound: unknown[] = []
  for await (const { trigger_id } of await actions.triggers.bindings.list(
    'custom-phone-provider',
  )) {
    bound.push(trigger_id)
  }
  assert.deepEqual(bound, ['custom-phone-provider'])
  const page = await actions.list({ actionName: 'Gateway', deployed: true, per_page: 100 })
  assert.deepEqual(
    page.data.map((action) => action.id),
    [id],
  )
  assert.partialDeepStrictEqual(await refusal(actions.delete(id)), { statusCode: 400 })
  await actions.delete(id, { force: true })
  assert.deepEqual(await refusal(actions.get(id)), {
    statusCode: 404,
    error: 'Not Found',
    message: 'That action does not exist.',
  })
})

test('triggers, modules and executions are read', async () => {
  const { sdk, server } = await trial.open()
  await storeExecution(server.app.deps.db, { tenant_id: server.tenant.name, id: 'run-1' })

  const { triggers } = await sdk.actions.triggers.list()
  const execution = await sdk.actions.executions.get('run-1')
  const { data: modules } = await sdk.actions.modules.list({ page: 0, per_page: 100 })

  assert.deepEqual(
    triggers?.map(({ id, version, status }) => [id, version, status]),
    [
      ['custom-phone-provider', 'v1', 'CURRENT'],
      ['send-phone-message', 'v2', 'CURRENT'],
      ['send-phone-message', 'v1', 'DEPRECATED'],
    ],
  )
  assert.deepEqual([execution.id, execution.status], ['run-1', 'final'])
  assert.deepEqual(modules, [])
})

trial.assertComplete()
