import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { createActions } from '../src/actions/create-actions.ts'
import { silentLogger } from '../src/base/logger.ts'
import { testServer } from './harness.ts'

const code = `exports.onExecuteCustomPhoneProvider = async (event) => { console.log(event.word) }`
const program = {
  tenantId: 'actions-server',
  actionId: 'act_1',
  versionId: 'ver_1',
  trigger: 'custom-phone-provider',
  triggerVersion: 'v1',
  digest: createHash('sha256').update(code).digest('hex'),
  loadBundle: async () => code,
} as const

test('a server with Actions runs them and tells its level to the operator', async () => {
  const server = await testServer({ actions: { allow: [], level: 'weak' } })
  const actions = server.app.deps.actions
  const result = await actions?.run(program, { event: { word: 'here' }, secrets: {} })
  const { status, body } = await server.get('/readyz')

  assert.equal(result?.logs.trim(), 'here', JSON.stringify(result))
  assert.equal(status, 200)
  assert.equal(body.checks.actions_isolation, 'weak')
})

test('a server whose machine keeps code apart too little is ready, and runs none', async () => {
  const actions = createActions({
    log: silentLogger,
    allow: [],
    level: 'weak',
    requiredLevel: 'strong',
  })
  const server = await testServer({ actions })
  await actions.measure()
  const result = await server.app.deps.actions?.run(program, { event: {}, secrets: {} })
  const { status, body } = await server.get('/readyz')

  assert.equal(result?.ended, 'not_started')
  assert.equal(status, 200)
  assert.equal(body.checks.actions_isolation, false)
})
