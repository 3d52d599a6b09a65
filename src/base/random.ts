import { randomBytes } from 'node:crypto'

/** Where chance comes from. Everything but `base` and `app` takes it from `deps.random`. */
export type Random = {
  /** `length` unpredictable bytes. */
  bytes(length: number): Uint8Array
}

/** The operating system's generator, read in pools of 4 KiB: one call for many small draws. */
export function systemRandom(): Random {
  let pool = randomBytes(4096)
  let used = 0
  return {
    bytes(length) {
      if (length > 1024) return randomBytes(length)
      if (used + length > pool.length) {
        pool = randomBytes(4096)
        used = 0
      }
      const drawn = pool.subarray(used, used + length)
      used += length
      return drawn
    },
  }
}

const alphanumerics = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** `length` letters and digits, each as likely as any other: the form of Auth0's ids. */
export const randomAlphanumeric = (random: Random, length: number): string =>
  pick(random, alphanumerics, length)

/** 24 capital letters and digits, each as likely as any other: a recovery code. */
export const randomRecoveryCode = (random: Random): string =>
  pick(random, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789', 24)

/** 32 characters of base32, 160 bits: the secret that an authenticator app shares. */
export const randomBase32 = (random: Random): string =>
  pick(random, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 32)

/** `length` decimal digits, each as likely as any other: a one-time code. */
export const randomDigits = (random: Random, length: number): string =>
  pick(random, '0123456789', length)

/** `length` lower-case hex digits (`length` must be even). */
export const randomHex = (random: Random, length: number): string =>
  Buffer.from(random.bytes(length / 2)).toString('hex')

/** A random UUID (version 4): the form of the ids around Actions. */
export function randomUuid(random: Random): string {
  const hex = randomHex(random, 32)
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-')
}

/** A bearer value: 32 bytes as 43 characters of base64url. */
export const randomToken = (random: Random): string =>
  Buffer.from(random.bytes(32)).toString('base64url')

/** A number in [0, 1), for jitter. */
export const randomFraction = (random: Random): number =>
  Buffer.from(random.bytes(4)).readUInt32BE() / 2 ** 32

/** Rejects bytes above the largest multiple of the alphabet, so no character is favoured. */
function pick(random: Random, alphabet: string, length: number): string {
  const limit = 256 - (256 % alphabet.length)
  let picked = ''
  while (picked.length < length) {
    for (const byte of random.bytes(length - picked.length)) {
      if (byte < limit) picked += alphabet.charAt(byte % alphabet.length)
    }
  }
  return picked
}
