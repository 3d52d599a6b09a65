import { BlockList, isIP } from 'node:net'

/**
 * Whether an address stands on an allow list of single addresses and CIDR ranges. Entries that are
 * neither match nothing.
 */
export function isOnAllowList(allowList: readonly string[], address: string): boolean {
  if (allowList.length === 0) return false
  const family = familyOf(address)
  if (family === undefined) return false
  const list = new BlockList()
  for (const entry of allowList) {
    const [network = '', prefix] = entry.split('/')
    const entryFamily = familyOf(network)
    if (entryFamily === undefined) continue
    if (prefix === undefined) list.addAddress(network, entryFamily)
    else if (isPrefix(prefix, entryFamily)) list.addSubnet(network, Number(prefix), entryFamily)
  }
  return list.check(address, family)
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address)
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6'
}

const isPrefix = (prefix: string, family: 'ipv4' | 'ipv6') =>
  /^[0-9]{1,3}$/.test(prefix) && Number(prefix) <= (family === 'ipv4' ? 32 : 128)

/**
 * What an address is limited by: itself for IPv4, its /64 for IPv6, where one household or host owns
 * the whole of it. An IPv4 address written as IPv6 (`::ffff:a.b.c.d`) is the IPv4 address.
 */
export function limitedAddress(address: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (isIP(address) !== 6) return address
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const start = head === '' ? [] : head.split(':')
  const end = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : 8 - start.length - end.length
  const groups = [...start, ...Array.from({ length: Math.max(0, gap) }, () => '0'), ...end]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
