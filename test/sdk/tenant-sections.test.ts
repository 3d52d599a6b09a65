import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandingTheme } from '../furnished-tenant.ts'
import { refusal, sdkTrial } from './management.ts'

const prompts = sdkTrial('prompts')
const stats = sdkTrial('stats')
const keys = sdkTrial('keys')
const themes = sdkTrial('branding.themes')

test('prompts: settings and texts', async () => {
  const { sdk } = await prompts.open()

  assert.equal((await sdk.prompts.getSettings()).universal_login_experience, 'new')
  const changed = await sdk.prompts.updateSettings({ identifier_first: true })
  assert.equal(changed.identifier_first, true)
  const text = { login: { title: 'Welcome' } }
  await sdk.prompts.customText.set('login', 'en', text)
  assert.deepEqual(await sdk.prompts.customText.get('login', 'en'), text)
  assert.deepEqual(await sdk.prompts.partials.get('login'), {})
  assert.deepEqual((await sdk.prompts.rendering.list()).data, [])
})

test('stats: active users and days', async () => {
  const { sdk } = await stats.open()

  assert.equal(await sdk.stats.getActiveUsersCount(), 0)
  assert.deepEqual(await sdk.stats.getDaily({ from: '20250101', to: '20250131' }), [])
})

test('keys: listed, rotated and revoked', async () => {
  const { sdk } = await keys.open()
  const [current] = await sdk.keys.signing.list()
  assert.ok(current !== undefined)

  const next = await sdk.keys.signing.rotate()
  assert.notEqual(next.kid, current.kid)
  assert.equal((await sdk.keys.signing.get(current.kid)).previous, true)
  assert.equal((await sdk.keys.signing.revoke(current.kid)).kid, current.kid)
})

test('branding: colours and the theme', async () => {
  const { sdk } = await themes.open()
  const { identifiers, ...needed } = brandingTheme
  const theme = { ...needed, identifiers } as Parameters<typeof sdk.branding.themes.create>[0] // the words of a constant

  assert.deepEqual(await sdk.branding.get(), {})
  const { colors } = await sdk.branding.update({ colors: { primary: '#0059d6' } })
  assert.equal(colors?.primary, '#0059d6')
  const { themeId } = await sdk.branding.themes.create(theme)
  assert.equal((await sdk.branding.themes.getDefault()).themeId, themeId)
  assert.equal((await sdk.branding.themes.get(themeId)).displayName, 'Night')
  const day = await sdk.branding.themes.update(themeId, { ...theme, displayName: 'Day' })
  assert.equal(day.displayName, 'Day')
  await sdk.branding.themes.delete(themeId)
  assert.deepEqual(await refusal(sdk.branding.themes.getDefault()), {
    statusCode: 404,
    error: 'Not Found',
    message: 'There was an error retrieving branding settings: invalid theme ID',
    errorCode: 'theme_not_found',
  })
})

for (const trial of [prompts, stats, keys, themes]) trial.assertComplete()
