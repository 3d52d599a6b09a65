import assert from 'node:assert/strict'
import { test } from 'node:test'
import { carrierMemory } from './carrier-memory.ts'

test('the last refusal is told, with one of the last times', () => {
  const memory = carrierMemory({})

  memory.remember('a', { at: 0, tookMs: 10 })
  memory.remember('a', { at: 1, tookMs: 30, refusal: 'down' })

  assert.deepEqual(memory.recall('a', 2, 0), { tookMs: 10, refusal: 'down' })
  assert.deepEqual(memory.recall('a', 2, 0.99), { tookMs: 30, refusal: 'down' })
  assert.equal(memory.recall('b', 2, 0), undefined)
})

test('a success ends a refusal, and what is long ago is forgotten', () => {
  const memory = carrierMemory({})

  memory.remember('a', { at: 0, tookMs: 10, refusal: 'down' })
  memory.remember('a', { at: 1, tookMs: 20 })

  assert.deepEqual(memory.recall('a', 2, 0.6), { tookMs: 20 })
  assert.equal(memory.recall('a', 600_002, 0), undefined)
})

test('it holds a bounded number of carriers and of times', () => {
  const memory = carrierMemory({})

  for (let each = 0; each < 5000; each += 1) memory.remember(`k${each}`, { at: 0, tookMs: each })
  for (let each = 0; each < 50; each += 1) memory.remember('k4999', { at: 0, tookMs: 100 + each })

  assert.equal(memory.recall('k0', 0, 0), undefined)
  assert.deepEqual(memory.recall('k4999', 0, 0), { tookMs: 134 })
})
