import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLiquidEngine } from './liquid.ts'
import { ParsedTemplates } from './parsed-templates.ts'

test('a source is parsed once', () => {
  const cache = new ParsedTemplates(createLiquidEngine())

  assert.equal(cache.get('{{ a }}'), cache.get('{{ a }}'))
  assert.equal(cache.size, 1)
})

test('the least recently used sources go when the cache is full, and a large one still works', () => {
  const cache = new ParsedTemplates(createLiquidEngine(), 10)
  const first = cache.get('aaaa')
  const second = cache.get('bbbb')
  cache.get('aaaa')

  cache.get('cccc')

  assert.equal(cache.get('aaaa'), first)
  assert.notEqual(cache.get('bbbb'), second)
  assert.ok(cache.get('d'.repeat(50)))
  assert.equal(cache.size, 1)
})

test('a source that does not parse fails each time and takes no place', () => {
  const cache = new ParsedTemplates(createLiquidEngine())

  assert.throws(() => cache.get('{% if %}'))
  assert.throws(() => cache.get('{% if %}'))
  assert.equal(cache.size, 0)
})
