import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createSecretBox, keyedHash } from './secret-box.ts'

const key = randomBytes(32)
const older = randomBytes(32)

test('what was sealed opens with the same context only', () => {
  const box = createSecretBox([key])
  const sealed = box.seal('secret', 'message/acme/1')

  assert.equal(box.open(sealed, 'message/acme/1').toString(), 'secret')
  assert.throws(() => box.open(sealed, 'message/acme/2'))
})

test('a ring opens what its older key has sealed, and seals with the first', () => {
  const sealed = createSecretBox([older]).seal('secret', 'c')
  const ring = createSecretBox([key, older])

  assert.equal(ring.open(sealed, 'c').toString(), 'secret')
  assert.equal(ring.isCurrent(sealed), false)
  assert.equal(ring.isCurrent(ring.seal('secret', 'c')), true)
  assert.throws(() => createSecretBox([older]).open(ring.seal('secret', 'c'), 'c'))
})

test('every changed byte is noticed', () => {
  const box = createSecretBox([key])
  const sealed = box.seal('secret', 'c')

  for (let index = 0; index < sealed.length; index += 1) {
    const damaged = Buffer.from(sealed)
    damaged[index] = (damaged[index] ?? 0) ^ 1
    assert.throws(() => box.open(damaged, 'c'), `byte ${index}`)
  }
})

test('an empty ring and a short key are refused', () => {
  assert.throws(() => createSecretBox([]))
  assert.throws(() => createSecretBox([randomBytes(16)]))
})

test('a keyed hash tells lists of parts apart that read the same when joined', () => {
  assert.notDeepEqual(keyedHash(key, 'ab', 'c'), keyedHash(key, 'a', 'bc'))
})
