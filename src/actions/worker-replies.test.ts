import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ActionCacheRecord } from '../contract/actions.ts'
import { ProtocolViolation } from './protocol.ts'
import { readJson, readResult } from './worker-replies.ts'

test('a forged result is cut, copied and masked', () => {
  const forged = JSON.stringify({
    ended: 'sent',
    verdict: { type: 'drop', reason: `${'r'.repeat(1023)}😀`, extra: 1 },
    error: { name: 7, message: 'has hunter22 in it', stack: 's'.repeat(5000), code: {} },
    logs: 'hunter22',
    cacheWrites: [
      { key: 'a', value: 'b', expires_at: 8_640_000_000_000 },
      { key: 'k'.repeat(65) },
      { key: 'gone', more: true },
      'text',
    ],
    durationMs: -5,
  }).replace('{', '{"__proto__":{"polluted":1},')

  const { result, worn } = readResult(readJson(Buffer.from(forged)), ['hunter22'])

  assert.equal(worn, true)
  assert.equal(result.ended, 'threw')
  assert.deepEqual(result.verdict, { type: 'drop', reason: 'r'.repeat(1023) })
  assert.deepEqual(result.error, { name: '', message: 'has *** in it', stack: 's'.repeat(4000) })
  assert.equal(result.logs, '***')
  const [first, second, ...rest] = result.cacheWrites
  assert.equal(first?.key, 'a')
  // The first of them is a value, and the longest that it may live is a day.
  const record = first as ActionCacheRecord
  assert.ok(record.expires_at <= Date.now() + 86_400_000)
  assert.deepEqual([second, rest], [{ key: 'gone' }, []])
  assert.equal(result.stats.action_duration_ms, 0)
  assert.ok(!('polluted' in result) && !('polluted' in {}))
})

test('a reply that is no object is a violation', () => {
  for (const text of ['', '[]', 'null', '"x"', '{']) {
    assert.throws(() => readJson(Buffer.from(text)), ProtocolViolation)
  }
})
