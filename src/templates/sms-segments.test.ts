import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countSmsSegments } from './sms-segments.ts'

const cases: [string, number][] = [
  ['', 1],
  ['a'.repeat(160), 1],
  ['a'.repeat(161), 2],
  ['a'.repeat(307), 3],
  ['€'.repeat(80), 1],
  ['€'.repeat(81), 2],
  ['ю'.repeat(70), 1],
  ['ю'.repeat(71), 2],
  ['😀'.repeat(35), 1],
  ['😀'.repeat(36), 2],
]

for (const [text, segments] of cases) {
  test(`${text.length} units of "${text.slice(0, 2)}" make ${segments} message(s)`, () => {
    assert.equal(countSmsSegments(text), segments)
  })
}
