import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { signingCertificate } from './signing-certificate.ts'
import type { SigningKey } from './tenant.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

const tenantWith = (created_at: number) => {
  const key: SigningKey = {
    kid: 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE',
    alg: 'RS256',
    state: 'current',
    public_jwk: { ...publicKey.export({ format: 'jwk' }) },
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    created_at,
    rotated_at: null,
  }
  return { url: 'https://login.acme.test:8443', signingKeys: [key], derived: new Map() }
}

for (const created of ['2026-01-02T03:04:05Z', '2049-06-01T00:00:00Z', '2051-06-01T00:00:00Z']) {
  test(`the certificate of a key of ${created.slice(0, 4)} is signed by it and valid from then on`, () => {
    const made = signingCertificate(tenantWith(Date.parse(created)))

    assert.ok(made)
    const certificate = new X509Certificate(made.cert)
    assert.ok(certificate.verify(createPublicKey(made.cert)))
    assert.ok(certificate.publicKey.equals(publicKey))
    assert.equal(certificate.subject, 'CN=login.acme.test')
    assert.equal(made.subject, '/CN=login.acme.test')
    assert.equal(Date.parse(certificate.validFrom), Date.parse(created))
    assert.equal(Date.parse(certificate.validTo) - Date.parse(created), 13 * 365 * 86_400_000)
  })
}

test('the certificate is the same each time, also in another process', () => {
  const at = Date.parse('2026-01-02T03:04:05Z')

  assert.deepEqual(signingCertificate(tenantWith(at)), signingCertificate(tenantWith(at)))
})

test('a tenant without a current RS256 key has no certificate', () => {
  assert.equal(signingCertificate({ ...tenantWith(0), signingKeys: [] }), undefined)
})
