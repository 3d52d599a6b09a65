import { isIP, isIPv4, isIPv6 } from 'node:net'

/** What code and settings of tenants may connect to. */
export type EgressRules = {
  ports: ReadonlySet<number>
  /** `host:port` that may be reached although the address is private or the port is not usual. */
  allow: ReadonlySet<string>
  /** The addresses of this machine's own interfaces, as they are now. */
  own: () => Iterable<string>
}

/** An address that was judged; a connection goes to it and not to the name. */
export type CheckedAddress = { address: string; family: 4 | 6 }

/** Asks for every address of a name. Rejects when there is none. */
export type Lookup = (host: string) => Promise<readonly { address: string }[]>

/** A destination that is not reached. Its message is plain and may be told to the tenant's code. */
export class EgressRefused extends Error {
  override name = 'EgressRefused'
  readonly code: 'EACCES' | 'ENOTFOUND'

  constructor(message: string, code: 'EACCES' | 'ENOTFOUND' = 'EACCES') {
    super(message)
    this.code = code
  }
}

/**
 * Resolves a host and judges all of its addresses; one that is forbidden forbids the name. To be asked
 * again for each connection: a name may change its mind.
 *
 * @throws EgressRefused with a reason
 */
export async function resolveChecked(
  rules: EgressRules,
  host: unknown,
  port: unknown,
  lookup: Lookup,
): Promise<CheckedAddress> {
  const [first] = await resolveAll(rules, host, port, lookup)
  if (first === undefined) throw new EgressRefused('the name has no address', 'ENOTFOUND')
  return first
}

/**
 * The same, with every address. Without a port the answer is for a look-up: a host that the list allows
 * at any port is answered.
 *
 * @throws EgressRefused with a reason
 */
export async function resolveAll(
  rules: EgressRules,
  host: unknown,
  port: unknown,
  lookup: Lookup,
): Promise<CheckedAddress[]> {
  const name = readHost(host)
  if (port !== undefined && !isPort(port)) throw new EgressRefused('the port is not a port')
  const excepted = isExcepted(rules, name, port)
  if (!excepted && port !== undefined && !rules.ports.has(port)) {
    throw new EgressRefused(`port ${port} is not open to Actions`)
  }
  const addresses = isIP(name) > 0 ? [{ address: name }] : await lookup(name).catch(() => [])
  if (addresses.length === 0) throw new EgressRefused('the name has no address', 'ENOTFOUND')
  if (!excepted) {
    const own = ownAddresses(rules)
    for (const { address } of addresses) {
      if (checkAddress(address) === 'forbidden' || own.has(canonical(address))) {
        throw new EgressRefused('the address is private')
      }
    }
  }
  return addresses.map(({ address }) => ({ address, family: isIPv4(address) ? 4 : 6 }))
}

function isExcepted({ allow }: EgressRules, host: string, port: number | undefined): boolean {
  const written = isIPv6(host) ? `[${host}]` : host
  if (port !== undefined) return allow.has(`${host}:${port}`) || allow.has(`${written}:${port}`)
  return [...allow].some((entry) => {
    const name = entry.slice(0, entry.lastIndexOf(':'))
    return name === host || name === written
  })
}

const isPort = (port: unknown): port is number =>
  typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535

/**
 * A host as it is looked up: a literal address, or a name of letters, digits, hyphens and dots. Numbers in
 * other spellings (`127.1`, `0x7f.1`, `2130706433`) are neither; a resolver might take them for addresses.
 */
function readHost(host: unknown): string {
  if (typeof host !== 'string') throw new EgressRefused('the host is not a string')
  // Before anything folds letters: some of other scripts become ours.
  if (!/^[\x21-\x7e]+$/.test(host)) throw new EgressRefused('the host has odd characters')
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  if (isIP(name) > 0) {
    if (name.includes('%')) throw new EgressRefused('the address has a zone')
    return name
  }
  const labels = name.replace(/\.$/, '').split('.')
  const last = labels.at(-1) ?? ''
  const named = labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  if (!named || name.length > 253 || /^(?:\d+|0x[0-9a-f]*)$/.test(last)) {
    throw new EgressRefused('the host is neither a name nor an address')
  }
  return labels.join('.')
}

/** Whether a literal address belongs to the public internet. What cannot be read is forbidden. */
export function checkAddress(address: string): 'public' | 'forbidden' {
  if (isIPv4(address)) return isPublic4(address) ? 'public' : 'forbidden'
  if (!isIPv6(address) || address.includes('%')) return 'forbidden'
  const words = wordsOf(address)
  const inner = innerAddress(words)
  if (inner !== undefined) return isPublic4(inner) ? 'public' : 'forbidden'
  const global = within(words, [0x2000], 3)
  return global && !reserved6.some(([prefix, bits]) => within(words, prefix, bits))
    ? 'public'
    : 'forbidden'
}

const reserved4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // The metadata service of Azure, on an address that looks public.
  ['168.63.129.16', 32],
]

/** Parts of `2000::/3` that are no hosts of the internet: protocols, documentation. */
const reserved6: readonly (readonly [number[], number])[] = [
  [[0x2001, 0], 23],
  [[0x2001, 0xdb8], 32],
  [[0x3fff, 0], 20],
]

function isPublic4(address: string): boolean {
  const value = number4(address)
  return !reserved4.some(([prefix, bits]) => {
    const size = 2 ** (32 - bits)
    return Math.floor(value / size) === Math.floor(number4(prefix) / size)
  })
}

const number4 = (address: string): number =>
  address.split('.').reduce((value, part) => value * 256 + Number(part), 0)

/** The IPv4 address in a mapped, compatible, translated (NAT64) or tunnelled (6to4) one. */
function innerAddress(words: readonly number[]): string | undefined {
  const [first, second = 0, third = 0] = words
  const zeros = words.slice(0, 5).every((word) => word === 0)
  if (zeros && (words[5] === 0 || words[5] === 0xffff)) return dotted(words[6], words[7])
  if (within(words, [0x64, 0xff9b, 0, 0, 0, 0], 96)) return dotted(words[6], words[7])
  return first === 0x2002 ? dotted(second, third) : undefined
}

const dotted = (high = 0, low = 0): string => [high >> 8, high & 255, low >> 8, low & 255].join('.')

/** Whether the first bits are those of a prefix, which is given as far as it is not zero. */
function within(words: readonly number[], prefix: readonly number[], bits: number): boolean {
  for (let index = 0; index * 16 < bits; index += 1) {
    const kept = Math.min(16, bits - index * 16)
    const mask = (0xffff << (16 - kept)) & 0xffff
    if (((words[index] ?? 0) & mask) !== ((prefix[index] ?? 0) & mask)) return false
  }
  return true
}

/** The eight words of an IPv6 address in any spelling that `isIPv6` takes. */
function wordsOf(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const left = partWords(head)
  if (tail === undefined) return left
  const right = partWords(tail)
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0)
  return [...left, ...zeros, ...right]
}

function partWords(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap((word) => {
    if (!word.includes('.')) return [Number.parseInt(word, 16)]
    const value = number4(word)
    return [Math.floor(value / 0x10000), value % 0x10000]
  })
}

function ownAddresses({ own }: EgressRules): Set<string> {
  return new Set([...own()].map(canonical))
}

/** One spelling for each address; what embeds an IPv4 address is that address. */
function canonical(address: string): string {
  const plain = address.replace(/%.*$/, '')
  if (!isIPv6(plain)) return plain
  const words = wordsOf(plain)
  return innerAddress(words) ?? words.join(':')
}
