import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brandingTheme as theme } from '../../../test/furnished-tenant.ts'
import { testServer } from '../../../test/harness.ts'

test('branding keeps what was set, member by member, and null removes', async () => {
  const server = await testServer()
  const patch = async (body: object) => (await server.manage('PATCH', '/branding', body)).body
  const gradient = { type: 'linear-gradient', start: '#000000', end: '#fff', angle_deg: 35 }

  assert.deepEqual((await server.manage('GET', '/branding')).body, {})
  await patch({ colors: { primary: '#0059d6' }, logo_url: 'https://acme.test/logo.svg' })
  const both = await patch({ colors: { page_background: gradient } })
  assert.deepEqual(both, {
    colors: { primary: '#0059d6', page_background: gradient },
    logo_url: 'https://acme.test/logo.svg',
  })
  assert.deepEqual((await server.manage('GET', '/branding')).body, both)
  assert.deepEqual(await patch({ colors: { primary: null }, logo_url: null }), {
    colors: { page_background: gradient },
  })
  assert.deepEqual(await patch({ colors: null }), {})

  for (const body of [
    { colors: { primary: 'red' } },
    { logo: 'x' },
    { logo_url: 'javascript:1' },
  ]) {
    const { status, body: refusal } = await server.manage('PATCH', '/branding', body)
    assert.deepEqual([status, refusal.errorCode], [400, 'invalid_body'])
  }
})

test('there is one theme, made, replaced and deleted as a whole', async () => {
  const server = await testServer()
  const none = {
    statusCode: 404,
    error: 'Not Found',
    message: 'There was an error retrieving branding settings: invalid theme ID',
    errorCode: 'theme_not_found',
  }
  assert.deepEqual((await server.manage('GET', '/branding/themes/default')).body, none)

  const { body: made } = await server.manage('POST', '/branding/themes', theme)
  const url = `/branding/themes/${made.themeId}`
  assert.deepEqual(made, { ...theme, themeId: made.themeId })
  assert.deepEqual((await server.manage('GET', '/branding/themes/default')).body, made)
  assert.deepEqual((await server.manage('GET', url)).body, made)
  assert.equal((await server.manage('POST', '/branding/themes', theme)).status, 409)

  const { identifiers: _, ...without } = theme
  const changed = await server.manage('PATCH', url, { ...without, displayName: 'Day' })
  assert.deepEqual(changed.body, { ...without, displayName: 'Day', themeId: made.themeId })
  assert.equal((await server.manage('PATCH', '/branding/themes/other', theme)).status, 404)
  const partial = await server.manage('PATCH', url, { displayName: 'Dusk' })
  assert.equal(partial.status, 400)

  assert.equal((await server.manage('DELETE', url)).status, 204)
  assert.deepEqual((await server.manage('DELETE', url)).body, none)
  assert.equal((await server.manage('GET', '/branding/themes/default')).status, 404)
})

test('there is no page template', async () => {
  const server = await testServer()
  const { body } = await server.manage('GET', '/branding/templates/universal-login')
  assert.deepEqual(body, {
    statusCode: 404,
    error: 'Not Found',
    message: 'Template does not exist.',
    errorCode: 'inexistent_templates_universal_login',
  })
})
