import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Value } from 'typebox/value'
import { custom } from './custom.ts'
import { phoneProviderKind, phoneProviderNames } from './index.ts'

test('the kinds are those of the API, each found by its name', () => {
  assert.deepEqual(phoneProviderNames, ['twilio', 'custom'])
  for (const name of phoneProviderNames) assert.equal(phoneProviderKind(name).name, name)
  assert.throws(() => phoneProviderKind('fax'))
})

test('a custom provider keeps what a former Twilio provider left, and takes nothing else', () => {
  const left = { delivery_methods: ['text'], sid: 'AC1', default_from: '+1', mssid: 'MG1' }

  assert.ok(Value.Check(custom.configuration, left))
  assert.ok(!Value.Check(custom.configuration, { ...left, region: 'ie1' }))
  assert.ok(!Value.Check(custom.configuration, { sid: 'AC1' }))
  assert.ok(Value.Check(custom.credentials, {}))
  assert.ok(Value.Check(custom.credentials, { auth_token: 'left over' }))
})
