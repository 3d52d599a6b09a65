import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retryDelayMs } from './retry-schedule.ts'

const random = { bytes: (length: number) => new Uint8Array(length) }
const state = {
  attempts: 1,
  maxAttempts: undefined,
  retryAfterS: undefined,
  now: 0,
  expiresAt: 600_000,
}

for (const [attempts, delayMs] of [
  [1, 5_000],
  [2, 15_000],
  [3, 30_000],
  [4, 60_000],
  [5, 120_000],
  [6, undefined],
] as const) {
  test(`after try ${attempts} the next one comes after ${delayMs} ms`, () => {
    assert.equal(retryDelayMs({ random }, { ...state, attempts }), delayMs)
  })
}

test('a step is lengthened by up to a fifth, never more', () => {
  const most = { bytes: (length: number) => new Uint8Array(length).fill(255) }

  assert.equal(retryDelayMs({ random: most }, state), 6000)
})

test('a step that ends after the code is drawn forward to ten seconds before its death', () => {
  assert.equal(retryDelayMs({ random }, { ...state, attempts: 4, expiresAt: 50_000 }), 40_000)
})

test('nothing is tried in the last ten seconds of a code', () => {
  assert.equal(retryDelayMs({ random }, { ...state, expiresAt: 10_500 }), undefined)
})

test('the carrier is not asked before its own Retry-After', () => {
  assert.equal(retryDelayMs({ random }, { ...state, retryAfterS: 20 }), 20_000)
})

test('a Retry-After beyond the life of the code ends the message', () => {
  assert.equal(retryDelayMs({ random }, { ...state, retryAfterS: 595 }), undefined)
})

test('"once more" means two tries in all', () => {
  assert.equal(retryDelayMs({ random }, { ...state, maxAttempts: 2 }), 5000)
  assert.equal(retryDelayMs({ random }, { ...state, attempts: 2, maxAttempts: 2 }), undefined)
})
