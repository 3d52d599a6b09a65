import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRegisteredAddress, isRegisteredReturn } from '../src/domain/address-match.ts'

const callbacks: readonly [registered: string, address: string, matches: boolean][] = [
  ['https://app.example.com/cb', 'https://app.example.com/cb', true],
  ['https://app.example.com/cb', 'https://app.example.com/cb/', false],
  ['https://app.example.com/cb', 'https://app.example.com/cb?x=1', false],
  ['https://app.example.com/cb', 'https://app.example.com/cb#x', false],
  ['https://app.example.com/cb', 'https://APP.example.com/cb', false],
  ['https://app.example.com/cb', 'http://app.example.com/cb', false],
  ['https://app.example.com/cb', 'https://app.example.com:443/cb', false],
  ['https://app.example.com/cb', 'https://app.example.com@evil.test/cb', false],
  ['http://localhost:3000/cb', 'http://localhost:3000/cb', true],
  ['http://localhost:3000/cb', 'http://localhost:4000/cb', false],
  ['com.example.app://callback', 'com.example.app://callback', true],
  ['https://*.example.com/cb', 'https://one.example.com/cb', true],
  ['https://*.example.com/cb', 'https://ONE.example.com/cb', true],
  ['https://*.example.com/cb', 'https://one.two.example.com/cb', false],
  ['https://*.example.com/cb', 'https://example.com/cb', false],
  ['https://*.example.com/cb', 'https://.example.com/cb', false],
  ['https://*.example.com/cb', 'https://evil.test/x.example.com/cb', false],
  ['https://*.example.com/cb', 'https://evil.test?.example.com/cb', false],
  ['https://*.example.com/cb', 'https://evil.test#.example.com/cb', false],
  ['https://*.example.com/cb', 'https://evil.test\\.example.com/cb', false],
  ['https://*.example.com/cb', 'https://a@b.example.com/cb', false],
  ['https://*.example.com/cb', 'https://one.example.com:8443/cb', false],
  ['https://*.example.com/cb', 'https://one.example.com/other', false],
  ['https://*.example.com/cb', 'http://one.example.com/cb', false],
  ['https://*.example.com/cb', 'https://*.example.com/cb', true],
  ['https://pr-*-web.example.com/cb', 'https://pr-12-web.example.com/cb', true],
  ['https://pr-*-web.example.com/cb', 'https://pr--web.example.com/cb', false],
  ['https://pr-*-web.example.com/cb', 'https://pr-web.example.com/cb', false],
  ['https://*.com/cb', 'https://example.com/cb', false],
  ['https://app.*.example.com/cb', 'https://app.one.example.com/cb', false],
  ['https://*.*.example.com/cb', 'https://a.b.example.com/cb', false],
  ['https://app.example.com/*', 'https://app.example.com/cb', false],
  ['*', 'https://app.example.com/cb', false],
  ['javascript:alert(1)', 'javascript:alert(1)', false],
  ['data:text/html,x', 'data:text/html,x', false],
  ['https://app.example.com/c b', 'https://app.example.com/c b', false],
]

for (const [registered, address, matches] of callbacks) {
  test(`the callback ${address} is ${matches ? '' : 'not '}what ${registered} stands for`, () => {
    assert.equal(isRegisteredAddress([registered], address), matches)
  })
}

const returns: readonly [registered: string, address: string, matches: boolean][] = [
  ['https://app.example.com/bye', 'https://app.example.com/bye', true],
  ['https://app.example.com/bye', 'https://APP.example.com/bye?x=1#y', true],
  ['https://app.example.com/bye?a=1', 'https://app.example.com/bye?b=2', true],
  ['https://app.example.com', 'https://app.example.com/', true],
  ['https://app.example.com/bye', 'https://app.example.com/bye/more', false],
  ['https://app.example.com/bye', 'http://app.example.com/bye', false],
  ['https://*.example.com/bye', 'https://one.example.com/bye?x=1', true],
  ['https://*.example.com/bye', 'https://evil.test/bye', false],
  ['https://*.example.com/bye', 'https://evil.test?.example.com/bye', false],
  ['http://localhost:3000', 'http://localhost:3000', true],
]

for (const [registered, address, matches] of returns) {
  test(`after a logout ${address} is ${matches ? '' : 'not '}what ${registered} stands for`, () => {
    assert.equal(isRegisteredReturn([registered], address), matches)
  })
}
