import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainText, plainValue, urlText } from './values.ts'
import { pauseMarker } from './voice.ts'

test('a user value loses control characters, line separators and the pause mark', () => {
  assert.equal(plainText(`A\u0000l\r\ni\u0085c\u2028e${pauseMarker}!`), 'Alice!')
})

test('a user value is cut after 60 characters, and never inside one', () => {
  assert.equal(plainText('a'.repeat(61)), 'a'.repeat(60))
  assert.equal(plainText('😀'.repeat(61)), '😀'.repeat(60))
  assert.equal(plainText('😀'.repeat(60)), '😀'.repeat(60))
})

test('a user document is cleaned inside and keeps its shape', () => {
  const value = { a: ['x\ny', 1, true], b: { c: 'z'.repeat(99) }, d: null }

  assert.deepEqual(plainValue(value), {
    a: ['xy', 1, true],
    b: { c: 'z'.repeat(60) },
    d: undefined,
  })
})

test('a key named like the prototype stays an ordinary key', () => {
  const cleaned = plainValue(JSON.parse('{"__proto__":{"admin":true}}'))

  assert.ok(typeof cleaned === 'object' && cleaned !== null)
  assert.equal('admin' in cleaned, false)
})

test('an address is percent-encoded where it must be and kept elsewhere', () => {
  assert.equal(
    urlText('https://a.example/he lp?q="x"&r=<y>%20\'z\''),
    'https://a.example/he%20lp?q=%22x%22&r=%3Cy%3E%20%27z%27',
  )
  assert.equal(urlText('HTTP://a.example/ü'), 'HTTP://a.example/ü')
  assert.equal(urlText('https://a.example/a\nb'), 'https://a.example/a%0Ab')
})

for (const url of [undefined, '', 'javascript:alert(1)', 'ftp://a', '//a', '\u0000http://a']) {
  test(`${JSON.stringify(url)} is no address for a message`, () => {
    assert.equal(urlText(url), '')
  })
}
