import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engines } from '../../../test/databases.ts'
import { fakeActions } from '../../../test/fake-actions.ts'
import { testServer } from '../../../test/harness.ts'

const path = '/actions/actions'
const trigger = [{ id: 'custom-phone-provider', version: 'v1' }]
const code = 'exports.onExecuteCustomPhoneProvider = async (event, api) => {}'
const action = { name: 'Gateway', supported_triggers: trigger, code }

for (const engine of engines) {
  test(`on ${engine} deploys at once give different numbers, and a roll-back a higher one`, async () => {
    const server = await testServer({ engine })
    const { body } = await server.manage('POST', path, action)
    await server.settle()

    const deploys = await Promise.all(
      [1, 2, 3].map(() => server.manage('POST', `${path}/${body.id}/deploy`)),
    )
    const { body: versions } = await server.manage('GET', `${path}/${body.id}/versions`)
    const first = versions.versions.at(-1)
    const back = await server.manage('POST', `${path}/${body.id}/versions/${first.id}/deploy`)

    assert.deepEqual(deploys.map((answer) => answer.body.number).sort(), [1, 2, 3])
    assert.equal(versions.total, 3)
    assert.deepEqual([back.status, back.body.number, back.body.code], [200, 4, code])
  })
}

test('bindings are replaced as a list, by id or name, of Actions of the trigger only', async () => {
  const server = await testServer()
  const { body } = await server.manage('POST', path, action)
  await server.settle()
  await server.manage('POST', `${path}/${body.id}/deploy`)
  const bindings = '/actions/triggers/custom-phone-provider/bindings'
  const bind = (type: string, value: string) => ({
    bindings: [{ ref: { type, value }, display_name: 'Sender' }],
  })

  const byName = await server.manage('PATCH', bindings, bind('action_name', 'Gateway'))
  const byId = await server.manage('PATCH', bindings, bind('action_id', body.id))
  const foreign = await server.manage(
    'PATCH',
    '/actions/triggers/send-phone-message/bindings',
    bind('action_id', body.id),
  )
  const none = await server.manage('PATCH', bindings, { bindings: [] })
  const unknown = await server.manage('GET', '/actions/triggers/nothing/bindings')

  assert.equal(byName.body.bindings[0].display_name, 'Sender')
  assert.notEqual(byId.body.bindings[0].id, byName.body.bindings[0].id)
  assert.equal(foreign.status, 400)
  assert.match(foreign.body.message, /^Trying to create a binding between an incompatible/)
  assert.deepEqual(none.body, { bindings: [] })
  assert.equal(unknown.status, 404)
})

test('a roll-back brings back the secrets, and the draft where that is asked for', async () => {
  const actions = fakeActions()
  const server = await testServer({ actions })
  const { body } = await server.manage('POST', path, {
    ...action,
    secrets: [{ name: 'KEY', value: 'of-the-first' }],
  })
  const address = `${path}/${body.id}`
  const { body: first } = await server.manage('POST', `${address}/deploy`)
  await server.manage('PATCH', address, { code: `${code} // second`, secrets: [] })
  await server.manage('POST', `${address}/deploy`)

  const back = await server.manage('POST', `${address}/versions/${first.id}/deploy`)
  const kept = await server.manage('GET', address)
  await server.manage('POST', `${address}/versions/${first.id}/deploy`, { update_draft: true })
  const replaced = await server.manage('GET', address)
  await server.manage('POST', `${address}/test`, { payload: {} })

  assert.match(first.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.deepEqual([back.body.number, back.body.secrets[0].name], [3, 'KEY'])
  assert.deepEqual([kept.body.code, kept.body.all_changes_deployed], [`${code} // second`, false])
  assert.deepEqual(
    [replaced.body.code, replaced.body.status, replaced.body.all_changes_deployed],
    [code, 'built', true],
  )
  assert.deepEqual(actions.calls[0]?.call.secrets, { KEY: 'of-the-first' })
})
