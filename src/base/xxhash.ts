const mask = 0xffff_ffff_ffff_ffffn
const prime1 = 0x9e37_79b1_85eb_ca87n
const prime2 = 0xc2b2_ae3d_27d4_eb4fn
const prime3 = 0x1656_67b1_9e37_79f9n
const prime4 = 0x85eb_ca77_c2b2_ae63n
const prime5 = 0x27d4_eb2f_1656_67c5n

/** XXH64 of a text in UTF-8 with seed 0, as 16 hex digits. Source: the specification of xxHash. */
export function xxHash64(text: string): string {
  const input = Buffer.from(text)
  let at = 0
  let hash: bigint
  if (input.length >= 32) {
    const lanes: [bigint, bigint, bigint, bigint] = [
      (prime1 + prime2) & mask,
      prime2,
      0n,
      -prime1 & mask,
    ]
    for (; at + 32 <= input.length; at += 32) {
      for (const lane of [0, 1, 2, 3] as const) {
        lanes[lane] = round(lanes[lane], input.readBigUInt64LE(at + 8 * lane))
      }
    }
    const [a, b, c, d] = lanes
    hash = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & mask
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * prime1 + prime4) & mask
  } else {
    hash = prime5
  }
  hash = (hash + BigInt(input.length)) & mask
  for (; at + 8 <= input.length; at += 8) {
    hash ^= round(0n, input.readBigUInt64LE(at))
    hash = (rotate(hash, 27n) * prime1 + prime4) & mask
  }
  if (at + 4 <= input.length) {
    hash ^= (BigInt(input.readUInt32LE(at)) * prime1) & mask
    hash = (rotate(hash, 23n) * prime2 + prime3) & mask
    at += 4
  }
  for (; at < input.length; at += 1) {
    hash ^= (BigInt(input.readUInt8(at)) * prime5) & mask
    hash = (rotate(hash, 11n) * prime1) & mask
  }
  hash = ((hash ^ (hash >> 33n)) * prime2) & mask
  hash = ((hash ^ (hash >> 29n)) * prime3) & mask
  return (hash ^ (hash >> 32n)).toString(16).padStart(16, '0')
}

const round = (lane: bigint, input: bigint): bigint =>
  (rotate((lane + input * prime2) & mask, 31n) * prime1) & mask

const rotate = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (64n - by))) & mask
