import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../../../test/harness.ts'

test('sections that nothing is in answer as those of an empty tenant', async () => {
  const server = await testServer()
  const read = async (path: string) => {
    const { status, body } = await server.manage('GET', path)
    assert.equal(status, 200, path)
    return body
  }
  const empty = { start: 0, limit: 50, total: 0 }

  for (const [path, key] of [
    ['/flows', 'flows'],
    ['/flows/vault/connections', 'connections'],
    ['/forms', 'forms'],
    ['/hooks', 'hooks'],
    ['/network-acls', 'network_acls'],
    ['/organizations', 'organizations'],
    ['/prompts/rendering', 'configs'],
    ['/roles', 'roles'],
    ['/rules', 'rules'],
    ['/self-service-profiles', 'self_service_profiles'],
  ] as const) {
    assert.deepEqual(await read(path), [], path)
    assert.deepEqual(await read(`${path}?include_totals=true`), { ...empty, [key]: [] }, path)
  }
  assert.deepEqual(await read('/rules-configs'), [])
  assert.deepEqual(await read('/custom-domains'), [])
  assert.deepEqual(await read('/custom-domains?take=50'), { custom_domains: [] })
  assert.deepEqual(await read('/organizations?take=50'), { organizations: [] })
  assert.deepEqual(await read('/user-attribute-profiles?take=10'), { user_attribute_profiles: [] })
  assert.deepEqual(await read('/event-streams'), { eventStreams: [] })
  assert.deepEqual(await read('/token-exchange-profiles'), { token_exchange_profiles: [] })
  assert.deepEqual(await read('/connection-profiles'), { connection_profiles: [] })
})

test('there is no e-mail, and what is not there cannot be written', async () => {
  const server = await testServer()

  assert.deepEqual((await server.manage('GET', '/emails/provider')).body, {
    statusCode: 404,
    error: 'Not Found',
    message: 'There is not a configured email provider',
    errorCode: 'inexistent_email_provider',
  })
  assert.deepEqual((await server.manage('GET', '/email-templates/verify_email')).body, {
    statusCode: 404,
    error: 'Not Found',
    message: 'The template does not exist.',
    errorCode: 'inexistent_email_template',
  })
  const signals = await server.manage('GET', '/supplemental-signals')
  assert.deepEqual([signals.status, signals.body.errorCode], [403, 'feature_not_enabled'])
  const risk = '/risk-assessments/settings'
  assert.deepEqual((await server.manage('GET', risk)).body, { enabled: false })
  assert.deepEqual((await server.manage('PATCH', risk, { enabled: false })).body, {
    enabled: false,
  })
  assert.equal((await server.manage('PATCH', risk, { enabled: true })).status, 403)
  const device = `${risk}/new-device`
  assert.deepEqual((await server.manage('GET', device)).body, { remember_for: 0 })
  assert.equal((await server.manage('PATCH', device, { remember_for: 0 })).status, 200)
  assert.equal((await server.manage('PATCH', device, { remember_for: 9 })).status, 403)
  for (const path of ['/rules', '/organizations', '/emails/provider', '/custom-domains']) {
    assert.equal((await server.manage('POST', path, {})).status, 404, path)
  }
})
