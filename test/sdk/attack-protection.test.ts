import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, sdkTrial } from './management.ts'

const trial = sdkTrial('attackProtection')

test('each protection is read and changed, and the answer holds the merged settings', async () => {
  const { sdk } = await trial.open()
  const { attackProtection } = sdk

  assert.deepEqual(await attackProtection.bruteForceProtection.get(), {
    enabled: true,
    shields: ['block', 'user_notification'],
    allowlist: [],
    mode: 'count_per_identifier_and_ip',
    max_attempts: 10,
  })
  const bruteForce = await attackProtection.bruteForceProtection.update({
    max_attempts: 5,
    mode: 'count_per_identifier',
  })
  assert.deepEqual([bruteForce.max_attempts, bruteForce.enabled], [5, true])
  const suspiciousIp = await attackProtection.suspiciousIpThrottling.get()
  assert.deepEqual(suspiciousIp.stage?.['pre-login'], { max_attempts: 100, rate: 864_000 })
  const throttled = await attackProtection.suspiciousIpThrottling.update({
    allowlist: ['192.0.2.1'],
    stage: { 'pre-login': { max_attempts: 10, rate: 34_560 } },
  })
  assert.deepEqual(throttled.allowlist, ['192.0.2.1'])
  assert.deepEqual(
    throttled.stage?.['pre-user-registration'],
    suspiciousIp.stage?.['pre-user-registration'],
  )
  const breached = await attackProtection.breachedPasswordDetection.get()
  assert.deepEqual([breached.enabled, breached.method], [false, 'standard'])
  const detecting = await attackProtection.breachedPasswordDetection.update({
    admin_notification_frequency: ['daily'],
    stage: { 'pre-user-registration': { shields: ['block'] } },
  })
  assert.deepEqual(detecting.admin_notification_frequency, ['daily'])
  assert.deepEqual(await attackProtection.phoneProviderProtection.get(), { type: 'default' })
  const patched = await attackProtection.phoneProviderProtection.patch({ type: 'exponential' })
  assert.deepEqual(patched, { type: 'exponential' })
})

test('what needs a subscription is refused as the deploy tool expects it', async () => {
  const { sdk } = await trial.open()
  const expected = {
    statusCode: 403,
    error: 'Forbidden',
    message: 'Please upgrade your subscription to use bot detection',
    errorCode: 'insufficient_entitlement',
  }

  assert.deepEqual(await refusal(sdk.attackProtection.botDetection.get()), expected)
  assert.deepEqual(await refusal(sdk.attackProtection.botDetection.update({})), expected)
  assert.deepEqual(await refusal(sdk.attackProtection.captcha.get()), expected)
  assert.deepEqual(await refusal(sdk.attackProtection.captcha.update({})), expected)
})

trial.assertComplete()
