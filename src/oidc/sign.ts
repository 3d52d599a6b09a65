import { type CryptoKey, importPKCS8, type JWTPayload, SignJWT } from 'jose'
import type { Tenant } from '../domain/tenant.ts'

/** What a client's or an API's settings may ask for. */
export type SignatureAlgorithm = 'RS256' | 'RS512' | 'PS256' | 'ES256' | 'HS256'

export const signatureAlgorithms: readonly SignatureAlgorithm[] = [
  'RS256',
  'RS512',
  'PS256',
  'ES256',
  'HS256',
]

/** How a token is signed. HS256 needs the secret that both sides hold. */
export type Signature = { alg: SignatureAlgorithm; typ: 'JWT' | 'at+jwt'; secret?: string | Buffer }

/**
 * Signs a token with the tenant's current key. The signature is made on a pool thread, never on the
 * event loop: an RSA one takes about 0.3 ms.
 *
 * @throws Error when the tenant has no key of the kind, or HS256 comes without a secret
 */
export async function signJwt(
  tenant: Tenant,
  claims: JWTPayload,
  { alg, typ, secret }: Signature,
): Promise<string> {
  if (alg === 'HS256') {
    if (secret === undefined) throw new Error('HS256 without a secret')
    return new SignJWT(claims).setProtectedHeader({ alg, typ }).sign(Buffer.from(secret))
  }
  const { kid, key } = await signingKey(tenant, alg)
  return new SignJWT(claims).setProtectedHeader({ alg, typ, kid }).sign(key)
}

type ImportedKey = { kid: string; key: CryptoKey }
type ImportedKeys = Map<SignatureAlgorithm, Promise<ImportedKey>>

/** Marks the imported keys in `tenant.derived`. Importing takes as long as signing. */
const imported = Symbol('signing keys')

function signingKey(tenant: Tenant, alg: SignatureAlgorithm): Promise<ImportedKey> {
  let keys = tenant.derived.get(imported) as ImportedKeys | undefined // set below only
  if (keys === undefined) {
    keys = new Map()
    tenant.derived.set(imported, keys)
  }
  const known = keys.get(alg)
  if (known !== undefined) return known
  const importing = importCurrentKey(tenant, alg)
  keys.set(alg, importing)
  return importing
}

/** RS512 and PS256 use the key of RS256: it is one RSA key, imported for another algorithm. */
async function importCurrentKey(tenant: Tenant, alg: SignatureAlgorithm): Promise<ImportedKey> {
  const keyAlg = alg === 'ES256' ? 'ES256' : 'RS256'
  const current = tenant.signingKeys.find((key) => key.state === 'current' && key.alg === keyAlg)
  if (current === undefined) throw new Error(`tenant ${tenant.id} has no current ${keyAlg} key`)
  return { kid: current.kid, key: await importPKCS8(current.privateKeyPem, alg) }
}
