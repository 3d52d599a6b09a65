import assert from 'node:assert/strict'
import type { Wanted } from './carriers.ts'
import type { CarrierRequest } from './fake-carrier.ts'

/** Everything that a carrier reads: path, authorization, type and body. */
export function assertRequest(request: CarrierRequest | undefined, wanted: Wanted): void {
  assert.ok(request !== undefined)
  assert.equal(request.method, 'POST')
  assert.equal(request.path, wanted.path)
  if (typeof wanted.authorization === 'string') {
    assert.equal(request.headers.authorization, wanted.authorization)
  } else {
    assert.ok(wanted.authorization(request), String(request.headers.authorization))
  }
  const type = request.headers['content-type'] ?? ''
  if (wanted.form !== undefined) {
    assert.match(type, /^application\/x-www-form-urlencoded/)
    assert.deepEqual(Object.fromEntries(new URLSearchParams(request.body)), wanted.form)
  } else {
    assert.equal(type, 'application/json')
    assert.deepEqual(JSON.parse(request.body), wanted.body)
  }
}
