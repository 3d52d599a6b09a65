import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xxHash64 } from './xxhash.ts'

test('texts of every length class hash as the specification says', () => {
  assert.equal(xxHash64(''), 'ef46db3751d8e999')
  assert.equal(xxHash64('a'), 'd24ec4f1a98c6e5b')
  assert.equal(xxHash64('abc'), '44bc2cf5ad770999')
  assert.equal(xxHash64('Nobody inspects the spammish repetition'), 'fbcea83c8a378bf1')
})
