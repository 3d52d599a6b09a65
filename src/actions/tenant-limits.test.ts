import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TenantLimits } from './tenant-limits.ts'

test('as many runs of a tenant begin as may, and the next one with the end of another', () => {
  const limits = new TenantLimits({ parallel: 2, perMinute: 600 })

  assert.deepEqual(
    [1, 2, 3].map(() => limits.enter('one')),
    [true, true, false],
  )
  assert.equal(limits.enter('another'), true)
  limits.leave('one')
  assert.deepEqual(
    [1, 2].map(() => limits.enter('one')),
    [true, false],
  )
})

test('six hundred runs may be asked for within a minute, and all again in the next', (t) => {
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const limits = new TenantLimits({ parallel: 1, perMinute: 600 })
  const admitted = () =>
    Array.from({ length: 700 }, () => limits.admit('one')).filter(Boolean).length

  assert.equal(admitted(), 600)
  now = 59_999
  assert.equal(admitted(), 0)
  now = 60_000
  assert.equal(admitted(), 600)
})

test('a tenant that ran nothing for a while is forgotten, and one that runs is not', (t) => {
  let now = 0
  t.mock.method(performance, 'now', () => now)
  const limits = new TenantLimits({ parallel: 1, perMinute: 600 })
  limits.enter('busy')
  limits.enter('done')
  limits.leave('done')
  now = 120_000
  limits.sweep()

  assert.deepEqual(
    ['busy', 'done'].map((tenant) => limits.enter(tenant)),
    [false, true],
  )
})
