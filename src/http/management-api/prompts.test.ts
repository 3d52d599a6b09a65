import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../../../test/harness.ts'
import { customText } from '../../domain/custom-text.ts'

test('prompt settings have defaults, and keep what was set', async () => {
  const server = await testServer()
  const defaults = {
    universal_login_experience: 'new',
    identifier_first: false,
    webauthn_platform_first_factor: false,
  }
  assert.deepEqual((await server.manage('GET', '/prompts')).body, defaults)

  const changed = await server.manage('PATCH', '/prompts', { identifier_first: true })
  assert.deepEqual(changed.body, { ...defaults, identifier_first: true })
  assert.deepEqual((await server.manage('GET', '/prompts')).body, changed.body)
  const back = await server.manage('PATCH', '/prompts', { identifier_first: null })
  assert.deepEqual(back.body, defaults)
})

test('texts are kept by prompt and language, and pages read them with the next request', async () => {
  const server = await testServer()
  const url = '/prompts/login-passwordless/custom-text/en'
  const text = { 'login-passwordless-sms-otp': { title: 'Your code', 'var-own': 'x' } }
  const onPages = async (language: string) => {
    const tenant = await server.app.tenants.byId(server.tenant.name)
    assert.ok(tenant !== undefined)
    return customText(server.app.deps, tenant, 'login-passwordless', language)
  }
  assert.deepEqual((await server.manage('GET', url)).body, {})
  assert.deepEqual(await onPages('en'), {})

  assert.deepEqual((await server.manage('PUT', url, text)).body, text)
  assert.deepEqual((await server.manage('GET', url)).body, text)
  assert.deepEqual(await onPages('en'), text)
  assert.deepEqual(await onPages('de'), {})

  await server.manage('PUT', url, {})
  assert.deepEqual(await onPages('en'), {})
})

test('texts of screens that are never shown are refused, and empty ones are not', async () => {
  const server = await testServer()
  const url = '/prompts/device-flow/custom-text/en'
  assert.deepEqual((await server.manage('GET', url)).body, {})
  assert.equal((await server.manage('PUT', url, {})).status, 200)
  const { status, body } = await server.manage('PUT', url, { 'device-code': { title: 'x' } })
  assert.deepEqual([status, body.errorCode], [400, 'operation_not_supported'])

  for (const [path, sent] of [
    ['/prompts/nothing/custom-text/en', {}],
    ['/prompts/login/custom-text/xx', {}],
    ['/prompts/login/custom-text/en', { login: 'text' }],
    ['/prompts/login/custom-text/en', { login: { title: 1 } }],
    ['/prompts/login/custom-text/en', []],
  ] as const) {
    assert.equal((await server.manage('PUT', path, sent)).status, 400, path)
  }
  assert.deepEqual((await server.manage('GET', '/prompts/login/partials')).body, {})
})
