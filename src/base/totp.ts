import { createHmac } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const stepMs = 30_000

/** The code of an authenticator app: SHA-1, six digits, thirty seconds. Source: RFC 6238. */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', base32Bytes(secret)).update(counter).digest()
  const offset = mac.readUInt8(mac.length - 1) & 0xf
  const number = (mac.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000
  return String(number).padStart(6, '0')
}

/**
 * The time step whose code this is: the present one, or one to either side, because clocks differ.
 *
 * @param now epoch milliseconds
 * @returns undefined for a wrong code
 */
export function totpStep(secret: string, code: string, now: number): number | undefined {
  const present = Math.floor(now / stepMs)
  return [present, present - 1, present + 1].find((step) => totpCode(secret, step) === code)
}

/** RFC 4648; what is no character of base32 is passed over. */
function base32Bytes(text: string): Buffer {
  const bytes: number[] = []
  let [bits, value] = [0, 0]
  for (const character of text) {
    const index = alphabet.indexOf(character)
    if (index === -1) continue
    value = ((value << 5) | index) & 0xffff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((value >> bits) & 0xff)
    }
  }
  return Buffer.from(bytes)
}
