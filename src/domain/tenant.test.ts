import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../../test/harness.ts'

const discovery = '/.well-known/openid-configuration'

test('a tenant answers on its host, with any port and in any case', async () => {
  const server = await testServer()
  const { host, url } = server.tenant

  for (const spelling of [host, `${host}:8443`, host.toUpperCase()]) {
    const { body } = await server.get(discovery, { host: spelling })
    assert.equal(body.issuer, `${url}/`, spelling)
  }
})

test('outside production an unknown host is the first tenant, whose issuer is its own', async () => {
  const server = await testServer()

  const { status, body } = await server.get(discovery, { host: 'nobody.example.test' })

  assert.equal(status, 200)
  assert.ok(!body.issuer.includes('nobody'))
})

test('in production an unknown host is no tenant', async () => {
  const server = await testServer({ production: true, inbox: false })

  const { status, body } = await server.get(discovery, { host: 'nobody.example.test' })

  assert.equal(status, 404)
  assert.equal(typeof body.error, 'string')
})

test('settings act with the next request of every process', async () => {
  const one = await testServer()
  const other = await testServer({ database: one.app.deps.db, seeded: false })
  const start = { client_id: 'demo', connection: 'sms', phone_number: '+14155550137' }
  const { host } = one.tenant
  const statuses = []

  for (const mode of ['deny', 'allow', 'deny'] as const) {
    await one.manage('PATCH', '/tenants/settings', { country_codes: { list: ['US'], mode } })
    statuses.push((await other.post('/passwordless/start', start, { host })).status)
  }

  assert.deepEqual(statuses, [400, 200, 400])
})
