import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManagementError } from 'auth0'
import { sdkTrial } from './management.ts'

const trial = sdkTrial('guardian', ['guardian.enrollments'])

test('factors, message types and policies are read and set', async () => {
  const { sdk } = await trial.open()
  const { factors, policies } = sdk.guardian

  assert.deepEqual(await factors.set('sms', { enabled: true }), { enabled: true })
  const listed = await factors.list()
  assert.equal(listed.length, 8)
  assert.equal(listed.find(({ name }) => name === 'sms')?.enabled, true)

  await factors.phone.setMessageTypes({ message_types: ['sms', 'voice'] })
  assert.deepEqual((await factors.phone.getMessageTypes()).message_types, ['sms', 'voice'])

  await policies.set(['all-applications'])
  assert.deepEqual(await policies.list(), ['all-applications'])
})

test('the older phone settings are refused on the unified experience, under both names', async () => {
  const { sdk } = await trial.open()
  const { phone, sms } = sdk.guardian.factors
  const account = { sid: 'AC1', auth_token: 'token', from: '+15005550006' }
  const texts = { enrollment_message: '{{ code }}', verification_message: '{{ code }}' }
  for (const family of [phone, sms]) {
    for (const call of [
      () => family.getSelectedProvider(),
      () => family.setProvider({ provider: 'twilio' }),
      () => family.getTwilioProvider(),
      () => family.setTwilioProvider(account),
      () => family.getTemplates(),
      () => family.setTemplates(texts),
    ]) {
      await assert.rejects(call, (error: unknown) => {
        assert.ok(error instanceof ManagementError)
        assert.equal(error.statusCode, 403)
        const { errorCode } = error.body as { errorCode: string } // the body of a refusal
        assert.equal(errorCode, 'legacy_mfa_phone_provider_not_allowed')
        return true
      })
    }
  }

  await sdk.tenants.settings.update({ phone_consolidated_experience: false })

  for (const family of [phone, sms]) {
    assert.equal((await family.setProvider({ provider: 'twilio' })).provider, 'twilio')
    assert.equal((await family.getSelectedProvider()).provider, 'twilio')
    assert.equal((await family.setTwilioProvider(account)).sid, 'AC1')
    assert.deepEqual(await family.getTwilioProvider(), { ...account, messaging_service_sid: null })
    assert.deepEqual(await family.setTemplates(texts), texts)
    assert.deepEqual(await family.getTemplates(), texts)
  }
})

test('settings of factors that this server does not have are kept and shown', async () => {
  const { sdk } = await trial.open()
  const { pushNotification, duo } = sdk.guardian.factors

  assert.deepEqual(await pushNotification.getSnsProvider(), {})
  await pushNotification.setSnsProvider({ aws_region: 'eu-central-1', aws_access_key_id: 'key' })
  assert.deepEqual(await pushNotification.getSnsProvider(), {
    ...{ aws_region: 'eu-central-1', aws_access_key_id: 'key' },
  })
  assert.equal((await pushNotification.getSelectedProvider()).provider, 'guardian')
  await pushNotification.setProvider({ provider: 'sns' })
  assert.equal((await pushNotification.getSelectedProvider()).provider, 'sns')
  await duo.settings.set({ ikey: 'i', skey: 's', host: 'api.example' })
  assert.deepEqual(await duo.settings.get(), { ikey: 'i', skey: 's', host: 'api.example' })
})

trial.assertComplete()
