import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../../../test/harness.ts'
import { defaultProtection } from '../../contract/protection.ts'

test('the phone protection starts with its limits and a change acts on what it names', async () => {
  const server = await testServer()
  const before = await server.manage('GET', '/phone/protection')
  assert.deepEqual(before.body, defaultProtection.phone)

  const patched = await server.manage('PATCH', '/phone/protection', {
    number: { count: 2, per_s: 60 },
    country: null,
    refused_types: ['VOIP'],
  })

  const expected = {
    ...defaultProtection.phone,
    number: { count: 2, per_s: 60 },
    country: null,
    refused_types: ['VOIP'],
  }
  assert.equal(patched.status, 200)
  assert.deepEqual(patched.body, expected)
  assert.deepEqual((await server.manage('GET', '/phone/protection')).body, expected)
})

for (const patch of [
  {},
  { number: { count: 0, per_s: 60 } },
  { number: { count: 1 } },
  { number: { count: 1.5, per_s: 60 } },
  { number: '5 per minute' },
  { refused_types: ['SATELLITE'] },
  { planet: null },
]) {
  test(`the phone protection refuses ${JSON.stringify(patch)}`, async () => {
    const server = await testServer()
    const reply = await server.manage('PATCH', '/phone/protection', patch)
    assert.deepEqual([reply.status, reply.body.errorCode], [400, 'invalid_body'])
  })
}

test('two changes of different limits at once both stay', async () => {
  const server = await testServer()

  await Promise.all([
    server.manage('PATCH', '/phone/protection', { address: null }),
    server.manage('PATCH', '/attack-protection/brute-force-protection', { max_attempts: 3 }),
  ])

  assert.equal((await server.manage('GET', '/phone/protection')).body.address, null)
  const { body } = await server.manage('GET', '/attack-protection/brute-force-protection')
  assert.deepEqual(body, { ...defaultProtection.brute_force, max_attempts: 3 })
})

test('one stage of the address throttling is changed alone', async () => {
  const server = await testServer()
  const path = '/attack-protection/suspicious-ip-throttling'
  assert.deepEqual((await server.manage('GET', path)).body, defaultProtection.suspicious_ip)

  const { body } = await server.manage('PATCH', path, {
    allowlist: ['192.0.2.0/24'],
    stage: { 'pre-login': { max_attempts: 7, rate: 34_560 } },
  })

  assert.deepEqual(body, {
    ...defaultProtection.suspicious_ip,
    allowlist: ['192.0.2.0/24'],
    stage: {
      ...defaultProtection.suspicious_ip.stage,
      'pre-login': { max_attempts: 7, rate: 34_560 },
    },
  })
  const tooFast = { stage: { 'pre-login': { max_attempts: 7, rate: 1 } } }
  assert.equal((await server.manage('PATCH', path, tooFast)).status, 400)
})

test('breached password detection is off, can be set, and keeps what is not named', async () => {
  const server = await testServer()
  const path = '/attack-protection/breached-password-detection'
  const initial = {
    enabled: false,
    shields: [],
    admin_notification_frequency: [],
    method: 'standard',
    stage: { 'pre-user-registration': { shields: [] }, 'pre-change-password': { shields: [] } },
  }
  assert.deepEqual((await server.manage('GET', path)).body, initial)

  const patch = { shields: ['block'], stage: { 'pre-change-password': { shields: ['block'] } } }
  const { body } = await server.manage('PATCH', path, patch)

  const expected = { ...initial, ...patch, stage: { ...initial.stage, ...patch.stage } }
  assert.deepEqual(body, expected)
  assert.deepEqual((await server.manage('GET', path)).body, expected)
})

test('the phone provider protection takes both names of "off" and returns the newer', async () => {
  const server = await testServer()
  const path = '/attack-protection/phone-provider-protection'
  assert.deepEqual((await server.manage('GET', path)).body, { type: 'default' })
  for (const [sent, shown] of [
    ['exponential', 'exponential'],
    ['none', 'default'],
    ['default', 'default'],
  ]) {
    const { body } = await server.manage('PATCH', path, { type: sent })
    assert.deepEqual(body, { type: shown })
    assert.deepEqual((await server.manage('GET', path)).body, { type: shown })
  }
})

test('bot detection answers what the deploy tool goes on after', async () => {
  const server = await testServer()
  for (const [method, path] of [
    ['GET', '/attack-protection/bot-detection'],
    ['PATCH', '/attack-protection/bot-detection'],
    ['GET', '/attack-protection/captcha'],
    ['PATCH', '/attack-protection/captcha'],
  ] as const) {
    assert.deepEqual((await server.manage(method, path)).body, {
      statusCode: 403,
      error: 'Forbidden',
      message: 'Please upgrade your subscription to use bot detection',
      errorCode: 'insufficient_entitlement',
    })
  }
})
