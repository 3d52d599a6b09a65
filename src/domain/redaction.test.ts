import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redact, redactText } from './redaction.ts'

for (const [text, masked] of [
  ['call +14155550137 now', 'call XXXXXXXX0137 now'],
  ['call +1 (415) 555-0137 now', 'call XXXXXXXX0137 now'],
  ['call 0014155550137 now', 'call XXXXXXXXX0137 now'],
  ['/api/v2/users/+14155550137', '/api/v2/users/XXXXXXXX0137'],
  ['90020017956387911900000006010479048188732264175713254031', undefined],
  ['0b5f0014-0012-4415-8555-001415550137', undefined],
  ['2026-11-25T00:33:11.190Z', undefined],
] as const) {
  test(`"${text}" stands in a log as "${masked ?? text}"`, () => {
    assert.equal(redactText(text), masked ?? text)
  })
}

test('secrets and numbers are masked wherever they stand, and whatever their type', () => {
  const value = {
    credentials: { auth_token: 'x' },
    list: [{ phone: 14155550137, client_secret: null }],
    metadata: { to: '4155550137', count: 14155550137 },
  }

  assert.deepEqual(redact(value), {
    credentials: '*****',
    list: [{ phone: 'XXXXXXX0137', client_secret: null }],
    metadata: { to: 'XXXXXX0137', count: 14155550137 },
  })
})
