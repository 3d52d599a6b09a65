import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOriginOfClient } from './client-origins.ts'
import type { Client } from './tenant.ts'

const client = (document: object): Client => ({
  clientId: 'app',
  name: 'App',
  isGlobal: false,
  isFirstParty: true,
  appType: undefined,
  secret: '',
  document: { ...document },
  connectionIds: new Set(),
  createdAt: 0,
  updatedAt: 0,
})

for (const [listed, origin, mayRead] of [
  ['https://app.example.com', 'https://app.example.com', true],
  ['https://App.example.com/callback?x=1', 'https://app.example.com', true],
  ['https://app.example.com', 'https://app.example.com.evil.test', false],
  ['https://app.example.com', 'http://app.example.com', false],
  ['https://*.example.com', 'https://a.example.com', true],
  ['https://*.example.com', 'https://a.b.example.com', false],
  ['https://*.example.com', 'https://example.com', false],
  ['https://*-*.example.com', 'https://a-b.example.com', false],
  ['com.example.app://callback', 'null', false],
  ['javascript:alert(1)', 'null', false],
] as const) {
  test(`a client with ${listed} ${mayRead ? 'shows' : 'does not show'} its answers to ${origin}`, () => {
    for (const member of ['allowed_origins', 'web_origins', 'callbacks']) {
      assert.equal(isOriginOfClient(client({ [member]: [listed] }), origin), mayRead)
    }
  })
}

test('no listed address makes matching slow', () => {
  const slow = client({ web_origins: [`https://${'*'.repeat(12)}.example.com`] })
  const started = performance.now()

  assert.equal(isOriginOfClient(slow, `https://${'a'.repeat(15_000)}`), false)

  assert.ok(performance.now() - started < 200)
})
