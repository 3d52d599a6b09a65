import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

/**
 * Seals what may not lie open in the database, with the operator's master key.
 *
 * Envelope: version 1 (1 byte), key id (4), nonce (12), tag (16), AES-256-GCM ciphertext. `context`
 * is authenticated, not stored: a sealed value moved to another row or tenant does not open.
 */
export type SecretBox = {
  seal(plain: string | Uint8Array, context: string): Buffer
  /** @throws Error when no key of the ring opens it: wrong key, wrong context or damage */
  open(sealed: Uint8Array, context: string): Buffer
  /** True when `sealed` was sealed with the first key of the ring, so rotation may pass it by. */
  isCurrent(sealed: Uint8Array): boolean
}

const version = 1
const headerBytes = 1 + 4 + 12 + 16

/**
 * A box over a ring of 32-byte keys: the first seals, all open.
 *
 * @throws Error when the ring is empty or a key is not 32 bytes
 */
export function createSecretBox(keys: readonly Uint8Array[]): SecretBox {
  const ring = keys.map((key) => {
    if (key.length !== 32) throw new Error('a master key must be 32 bytes')
    return {
      key: createSecretKey(key),
      id: createHash('sha256').update('trunkline key id').update(key).digest().subarray(0, 4),
    }
  })
  const first = ring[0]
  if (first === undefined) throw new Error('no master key')

  return {
    seal(plain, context) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', first.key, nonce)
      cipher.setAAD(Buffer.from(context))
      const body = Buffer.concat([cipher.update(plain), cipher.final()])
      return Buffer.concat([Buffer.of(version), first.id, nonce, cipher.getAuthTag(), body])
    },
    open(sealed, context) {
      const envelope = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
      if (envelope.length < headerBytes || envelope[0] !== version) {
        throw new Error('not a sealed value')
      }
      const found = ring.find(({ id }) => id.equals(envelope.subarray(1, 5)))
      if (found === undefined) throw new Error('sealed with a master key that is not in the ring')
      const decipher = createDecipheriv('aes-256-gcm', found.key, envelope.subarray(5, 17))
      decipher.setAAD(Buffer.from(context))
      decipher.setAuthTag(envelope.subarray(17, 33))
      return Buffer.concat([decipher.update(envelope.subarray(33)), decipher.final()])
    },
    isCurrent: (sealed) => first.id.equals(sealed.subarray(1, 5)),
  }
}

/**
 * The driver's own form of a key. Node looks for it in whatever it is given, and finds out by an
 * exception that bytes are not it: 10 us for each hash and each seal.
 */
export function keyObject(key: Uint8Array): KeyObject {
  const known = keyObjects.get(key)
  if (known !== undefined) return known
  const made = createSecretKey(key)
  keyObjects.set(key, made)
  return made
}

const keyObjects = new WeakMap<Uint8Array, KeyObject>()

/** HMAC-SHA-256 over `parts`, length-prefixed so that no two lists collide. */
export function keyedHash(key: Uint8Array, ...parts: string[]): Buffer {
  const mac = createHmac('sha256', keyObject(key))
  for (const part of parts) mac.update(`${Buffer.byteLength(part)}:${part}`)
  return mac.digest()
}

/** SHA-256 of a bearer value: what the database holds of a token that has 256 bits of its own. */
export const tokenHash = (token: string): Buffer => createHash('sha256').update(token).digest()
