import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { testServer } from '../../../test/harness.ts'

test('keys are listed with certificates, rotated, and a former one is revoked for good', async () => {
  const server = await testServer()
  const keys = async () => (await server.manage('GET', '/keys/signing')).body
  const published = async () =>
    (await server.get('/.well-known/jwks.json')).body.keys.map(({ kid }: { kid: string }) => kid)
  const [current, next] = await keys()

  assert.deepEqual([current.current, next.next, (await keys()).length], [true, true, 2])
  const certificate = new X509Certificate(current.cert)
  assert.equal(current.fingerprint, certificate.fingerprint)
  assert.equal(current.thumbprint, certificate.fingerprint.replaceAll(':', ''))
  assert.match(current.pkcs7, /^-----BEGIN PKCS7-----\n/)
  assert.deepEqual((await server.manage('GET', `/keys/signing/${next.kid}`)).body, next)

  server.clock.advance(1000)
  const rotated = await server.manage('POST', '/keys/signing/rotate')
  const after = await keys()
  assert.equal(rotated.status, 201)
  assert.deepEqual(
    after.map(({ kid }: { kid: string }) => kid),
    [next.kid, rotated.body.kid, current.kid],
  )
  assert.equal(after[0].current_since, after[2].current_until)
  assert.equal(after[2].revoked, false)

  const early = await server.manage('PUT', `/keys/signing/${next.kid}/revoke`)
  assert.deepEqual([early.status, early.body.errorCode], [400, 'operation_not_supported'])
  assert.equal((await server.manage('PUT', '/keys/signing/unknown/revoke')).status, 404)
  assert.equal((await published()).length, 6)

  const revoked = await server.manage('PUT', `/keys/signing/${current.kid}/revoke`)
  assert.deepEqual(revoked.body, { kid: current.kid, cert: current.cert })
  assert.equal((await published()).includes(current.kid), false)
  assert.equal((await published()).length, 4, 'the key of the other algorithm went with it')
  // The test's own token was signed by that key.
  assert.equal((await server.manage('GET', '/keys/signing')).status, 401)
})
