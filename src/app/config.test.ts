import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, readConfig } from './config.ts'

const key = Buffer.alloc(32, 7).toString('base64')
const production = { NODE_ENV: 'production', TRUNKLINE_SECRET_KEY: key }

test('an empty environment is a local installation with an inbox', () => {
  const config = readConfig({})

  assert.equal(config.url, 'http://localhost:3000')
  assert.equal(config.urlIsExplicit, false)
  assert.equal(config.inbox, true)
  assert.equal(config.host, '127.0.0.1')
  assert.equal(config.databaseUrl, `pglite:${process.cwd()}/data/db`)
})

for (const [what, env] of [
  ['TRUNKLINE_PORT', { TRUNKLINE_PORT: '70000' }],
  ['TRUNKLINE_PORT', { TRUNKLINE_PORT: '3000x' }],
  ['TRUNKLINE_URL', { TRUNKLINE_URL: 'login.example.com' }],
  ['TRUNKLINE_URL', { TRUNKLINE_URL: 'https://login.example.com/path' }],
  ['TRUNKLINE_TLS', { TRUNKLINE_TLS: 'on' }],
  ['TRUNKLINE_DATABASE_URL', { TRUNKLINE_DATABASE_URL: 'mysql://root:secret@db/x' }],
  ['TRUNKLINE_SECRET_KEY', { TRUNKLINE_SECRET_KEY: 'short' }],
  ['TRUNKLINE_SECRET_KEY', { NODE_ENV: 'production' }],
  ['TRUNKLINE_SECRET_KEY', { TRUNKLINE_SECRET_KEY: `${key},${key},${key}` }],
  ['TRUNKLINE_TENANT', { TRUNKLINE_TENANT: 'My Tenant' }],
  ['TRUNKLINE_ADMIN_CLIENT_SECRET', { TRUNKLINE_ADMIN_CLIENT_SECRET: 'short' }],
  ['TRUNKLINE_INBOX', { TRUNKLINE_INBOX: 'yes' }],
  ['TRUNKLINE_INBOX', { ...production, TRUNKLINE_INBOX: 'on' }],
  ['TRUNKLINE_TWILIO_URL', { TRUNKLINE_TWILIO_URL: 'api.twilio.com' }],
  ['TRUNKLINE_ACTIONS_ALLOW', { TRUNKLINE_ACTIONS_ALLOW: '127.0.0.1' }],
  ['TRUNKLINE_ACTIONS_ISOLATION', { TRUNKLINE_ACTIONS_ISOLATION: 'full' }],
  ['TRUNKLINE_LOG_LEVEL', { TRUNKLINE_LOG_LEVEL: 'verbose' }],
  ['TRUNKLINE_TRUST_PROXY', { TRUNKLINE_TRUST_PROXY: 'proxy.example.com' }],
  ['TRUNKLINE_LEGACY_PHONE', { TRUNKLINE_LEGACY_PHONE: 'maybe' }],
] as const) {
  test(`${JSON.stringify(env)} is refused in one line that names ${what}`, () => {
    assert.throws(
      () => readConfig(env),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.message.includes(what) &&
        !error.message.includes('\n') &&
        !error.message.includes('secret@'),
    )
  })
}

test('the scheme of the URL follows TRUNKLINE_TLS', () => {
  assert.equal(readConfig({ TRUNKLINE_TLS: 'self-signed' }).url, 'https://localhost:3000')
})

test('a host that others reach turns the inbox off unless it was asked for', () => {
  const open = readConfig({ TRUNKLINE_HOST: '0.0.0.0' })

  assert.equal(open.inbox, false)
  assert.match(open.inboxOffBecause ?? '', /0\.0\.0\.0/)
  assert.equal(readConfig({ TRUNKLINE_HOST: '0.0.0.0', TRUNKLINE_INBOX: 'on' }).inbox, true)
})

test('production has no inbox and isolates Actions at medium', () => {
  const config = readConfig(production)

  assert.equal(config.inbox, false)
  assert.equal(config.actionsIsolation, 'medium')
})

test('two keys are a ring, the first one seals', () => {
  const other = Buffer.alloc(32, 8).toString('base64')
  const config = readConfig({ TRUNKLINE_SECRET_KEY: `${key},${other}` })

  assert.deepEqual(
    config.secretKeys?.map((each) => each[0]),
    [7, 8],
  )
})

test('a misspelt variable is noticed', () => {
  assert.deepEqual(readConfig({ TRUNKLINE_PROT: '3000' }).unknownVariables, ['TRUNKLINE_PROT'])
})
