import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sdkTrial } from './management.ts'

const trial = sdkTrial('tenants')

test('the settings are read, in parts too, and changed', async () => {
  const { sdk } = await trial.open()
  const { settings } = sdk.tenants

  const before = await settings.get()
  assert.equal(before.phone_consolidated_experience, true)
  assert.deepEqual(before.enabled_locales, ['en'])
  assert.deepEqual(await settings.get({ fields: 'enabled_locales', include_fields: true }), {
    enabled_locales: ['en'],
  })
  const changed = await settings.update({
    friendly_name: 'Shop',
    enabled_locales: ['de', 'en'],
    country_codes: { list: ['DE', 'AT'], mode: 'allow' },
    session_lifetime_in_minutes: 181,
    flags: { enable_public_signup_user_exists_error: true },
  })
  assert.equal(changed.friendly_name, 'Shop')
  assert.equal(changed.session_lifetime, 181 / 60)
  const after = await settings.get()
  assert.deepEqual(after.country_codes, { list: ['DE', 'AT'], mode: 'allow' })
  assert.equal(after.flags?.enable_public_signup_user_exists_error, true)
  assert.equal(after.flags?.enable_client_connections, true)
  const unset = await settings.update({ country_codes: null })
  assert.equal(unset.country_codes, undefined)
})

trial.assertComplete()
