import { createPublicKey, createSign } from 'node:crypto'
import type { SigningKey, Tenant } from './tenant.ts'

const dayMs = 86_400_000
const validMs = 13 * 365 * dayMs

/** Marks the certificate in `tenant.derived`. */
const cached = Symbol('signing certificate')

/**
 * The tenant's current RS256 key as a self-signed X.509 certificate, PEM: what older clients and tools
 * take the key from (`signing_keys` of a client). The same bytes each time.
 *
 * @returns undefined for a tenant without such a key
 */
export function signingCertificate(
  tenant: Pick<Tenant, 'url' | 'signingKeys' | 'derived'>,
): { cert: string; subject: string } | undefined {
  const key = tenant.signingKeys.find(({ alg, state }) => alg === 'RS256' && state === 'current')
  if (key === undefined) return undefined
  const { hostname } = new URL(tenant.url)
  const known = tenant.derived.get(cached) as string | undefined // set below only
  const cert = known ?? certificateOf(key, hostname)
  tenant.derived.set(cached, cert)
  return { cert, subject: `/CN=${hostname}` }
}

/** A self-signed X.509 certificate of an RSA key for a host, PEM; the same bytes each time. */
export function certificateOf(
  key: Pick<SigningKey, 'kid' | 'public_jwk' | 'privateKeyPem' | 'created_at'>,
  hostname: string,
): string {
  const name = sequence(set(sequence(der(0x06, [0x55, 0x04, 0x03]), der(0x0c, hostname))))
  const publicKey = createPublicKey({ key: key.public_jwk, format: 'jwk' })
  const body = sequence(
    der(0xa0, der(0x02, [2])), // version 3
    // The key's own name as the serial: positive, because its first bit is cleared.
    der(0x02, [0x01, ...Buffer.from(key.kid, 'base64url').subarray(0, 16)]),
    sha256WithRsa,
    name,
    sequence(time(key.created_at), time(key.created_at + validMs)),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
  )
  const signature = createSign('RSA-SHA256').update(body).sign(key.privateKeyPem)
  const certificate = sequence(body, sha256WithRsa, der(0x03, [0, ...signature]))
  return pem('CERTIFICATE', certificate)
}

/** A certificate wrapped as PKCS #7 that signs nothing, PEM. Source: RFC 2315, 9.1. */
export function pkcs7Of(certificate: string): string {
  const base64 = certificate.replace(/-----[A-Z ]+-----|\s/g, '')
  const signedData = sequence(
    der(0x02, [1]),
    set(Buffer.alloc(0)), // no digests
    sequence(der(0x06, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01])), // data, none
    der(0xa0, Buffer.from(base64, 'base64')),
    set(Buffer.alloc(0)), // no signers
  )
  const ofSignedData = der(0x06, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02])
  return pem('PKCS7', sequence(ofSignedData, der(0xa0, signedData)))
}

function pem(label: string, content: Uint8Array): string {
  const lines =
    Buffer.from(content)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** One value in DER: tag, length, content. Source: X.690. */
function der(tag: number, content: string | readonly number[] | Uint8Array): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(content)
  const { length } = bytes
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), bytes])
}

const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, Buffer.concat(parts))
const set = (part: Uint8Array): Buffer => der(0x31, part)

/** 1.2.840.113549.1.1.11 and no parameters. */
const sha256WithRsa = sequence(
  der(0x06, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]),
  der(0x05, []),
)

/** Years before 2050 have two digits in a certificate. Source: RFC 5280, 4.1.2.5. */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/[-:T]|\..*$/g, '')
  return digits < '2050' ? der(0x17, `${digits.slice(2)}Z`) : der(0x18, `${digits}Z`)
}
