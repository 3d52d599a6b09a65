import type { Client } from './tenant.ts'

/**
 * Whether pages of an origin may read answers that concern a client: its allowed origins, its web
 * origins and the origins of its callbacks. `https://*.example.com` stands for one further label; an
 * address with several `*` stands for nothing, because matching it could take very long.
 *
 * Source: authentication-api 0.8.
 */
export function isOriginOfClient(client: Client, origin: string): boolean {
  let allowed = originsOf.get(client)
  if (allowed === undefined) {
    allowed = allowedOrigins(client)
    originsOf.set(client, allowed)
  }
  return allowed.exact.has(origin) || allowed.patterns.some((pattern) => pattern.test(origin))
}

type AllowedOrigins = { exact: ReadonlySet<string>; patterns: readonly RegExp[] }

/** A client is a snapshot: read once for each version of the settings. */
const originsOf = new WeakMap<Client, AllowedOrigins>()

function allowedOrigins({ document }: Client): AllowedOrigins {
  const listed = [document.allowed_origins, document.web_origins, document.callbacks]
    .flatMap((list) => (list as readonly string[] | undefined) ?? []) // checked when written
    .map(originOf)
    .filter((origin) => origin !== undefined)
  const wild = listed.filter((origin) => origin.split('*').length === 2)
  return {
    exact: new Set(listed.filter((origin) => !origin.includes('*'))),
    patterns: wild.map(
      (origin) => new RegExp(`^${origin.split('*').map(escapePattern).join('[a-z0-9-]+')}$`),
    ),
  }
}

/** Scheme and host of an address, in lower case; undefined for an app's own scheme. */
const originOf = (address: string): string | undefined =>
  /^https?:\/\/[^/?#]+/i.exec(address)?.[0].toLowerCase()

const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
