/**
 * Whether an address that a request names is one of those that were registered: the same text, or one
 * that a registered wildcard stands for.
 *
 * `https://*.example.com/path` stands for one further label; text around the `*` in that label is
 * allowed. The wildcard must be in the first label of a host that has two more; anywhere else, and twice,
 * it stands for nothing. Everything after the host is compared as it is.
 *
 * Source: authentication-api 1.10.
 */
export const isRegisteredAddress = (registered: readonly string[], address: string): boolean =>
  isSafeAddress(address) &&
  registered.some((pattern) => pattern === address || matchesWildcard(pattern, address))

/**
 * The same for `returnTo`: query and fragment of the address do not count, neither does the case of
 * scheme and host.
 *
 * Source: authentication-api 1.13.
 */
export function isRegisteredReturn(registered: readonly string[], address: string): boolean {
  if (!isSafeAddress(address)) return false
  const wanted = lowerHost(bare(address))
  return registered.some((pattern) => {
    const known = lowerHost(bare(pattern))
    return sameButSlash(known, wanted) || matchesWildcard(known, wanted)
  })
}

/** Schemes that would run what follows them. */
const runs = /^(?:javascript|data|vbscript|blob|file|about):/i

/** Nothing that browsers read differently from us, and nothing that a redirect would run. */
const isSafeAddress = (address: string): boolean =>
  address.length <= 2048 &&
  !/[\s\\\p{Cc}]/u.test(address) &&
  !runs.test(address) &&
  URL.canParse(address)

type Parts = { scheme: string; host: string; rest: string }

function partsOf(address: string): Parts | undefined {
  const found = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#@]+)((?:[/?#].*)?)$/i.exec(address)
  if (found === null) return undefined
  const [, scheme = '', host = '', rest = ''] = found
  return { scheme: scheme.toLowerCase(), host: host.toLowerCase(), rest }
}

function matchesWildcard(pattern: string, address: string): boolean {
  if (pattern.split('*').length !== 2) return false
  const known = partsOf(pattern)
  const wanted = partsOf(address)
  if (known === undefined || wanted === undefined) return false
  const [label = '', ...domain] = known.host.split('.')
  if (!label.includes('*') || domain.length < 2) return false
  if (known.scheme !== wanted.scheme || known.rest !== wanted.rest) return false
  const [first = '', ...others] = wanted.host.split('.')
  const [before = '', after = ''] = label.split('*')
  return (
    others.join('.') === domain.join('.') &&
    /^[a-z0-9-]+$/.test(first) &&
    first.length > before.length + after.length &&
    first.startsWith(before) &&
    first.endsWith(after)
  )
}

const bare = (address: string): string => address.replace(/[?#].*$/s, '')

const lowerHost = (address: string): string => {
  const parts = partsOf(address)
  return parts === undefined ? address : parts.scheme + parts.host + parts.rest
}

/** `https://app.example` and `https://app.example/` are one address. */
const sameButSlash = (one: string, other: string): boolean =>
  one === other || withoutSlash(one) === withoutSlash(other)

const withoutSlash = (address: string): string =>
  /^[a-z][a-z0-9+.-]*:\/\/[^/]+\/$/i.test(address) ? address.slice(0, -1) : address
