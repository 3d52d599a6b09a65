import { argon2, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'

/** Argon2id with 19 MiB and two passes. Source: OWASP's recommendation for passwords. */
const current = { memory: 19_456, passes: 2, parallelism: 1 }
const hashBytes = 32
/** How many bytes of salt a new hash needs. */
export const saltBytes = 16

/**
 * Hashes a password on a thread of the pool.
 *
 * @returns a PHC string: algorithm, parameters, salt and hash
 */
export async function hashPassword(password: string, salt: Uint8Array): Promise<string> {
  const { memory, passes, parallelism } = current
  const hash = await derive(password, salt, current, hashBytes)
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`
}

/**
 * Whether a password has this hash, by the parameters that stand in the hash.
 *
 * @throws Error for a hash that `hashPassword` has not made
 */
export async function isPassword(password: string, phc: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, hash] =
    /^\$argon2id\$v=19\$m=([0-9]+),t=([0-9]+),p=([0-9]+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
      phc,
    ) ?? []
  if (salt === undefined || hash === undefined) throw new Error('not a hash of a password')
  const expected = Buffer.from(hash, 'base64')
  const cost = {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  }
  const found = await derive(password, Buffer.from(salt, 'base64'), cost, expected.length)
  return timingSafeEqual(found, expected)
}

/** Each takes 19 MiB and a thread that signing and reading need too. */
const atOnce = Math.max(1, Math.min(3, availableParallelism()))
let running = 0
const waiting: (() => void)[] = []

async function derive(
  password: string,
  salt: Uint8Array,
  cost: typeof current,
  length: number,
): Promise<Buffer> {
  if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  else running += 1
  try {
    return await new Promise((resolve, reject) => {
      argon2(
        'argon2id',
        { ...cost, message: password, nonce: salt, tagLength: length },
        (error, hash) => (error === null ? resolve(hash) : reject(error)),
      )
    })
  } finally {
    // The place goes from one to the next without being free in between.
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64').replaceAll('=', '')
