import type { IncomingMessage } from 'node:http'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Tenant } from '../domain/tenant.ts'
import type { UserRow } from '../store/users.ts'
import { type LoginRequest, readLoginRequest, requestParameter } from './login-request.ts'

/** What our routes tell the library's hooks about a request that they hand over. */
export type HandedOver = {
  ip: string
  userAgent: string
  /** The page for what cannot be told to the application, as markup, with its headers. */
  errorPage(error: { error: string; description: string }): Promise<{
    markup: string
    headers: Readonly<Record<string, string>>
  }>
}

const handedOver = new WeakMap<IncomingMessage, HandedOver>()

/** Keeps what a route knows of a raw request while the library answers it. */
export const rememberRequest = (raw: IncomingMessage, known: HandedOver): void => {
  handedOver.set(raw, known)
}

/** @throws Error for a request that no route of ours handed over */
export function knownOf({ req }: Pick<KoaContextWithOIDC, 'req'>): HandedOver {
  const known = handedOver.get(req)
  if (known === undefined) throw new Error('a request came to the library by no route')
  return known
}

/** What the application asked for; also when the library resumes a request. */
export const requestOf = ({ oidc }: Pick<KoaContextWithOIDC, 'oidc'>): LoginRequest =>
  readLoginRequest(oidc.params?.[requestParameter])

/** The person of the session, as `findAccount` read it. */
export const accountUser = ({ oidc }: Pick<KoaContextWithOIDC, 'oidc'>): UserRow | undefined =>
  oidc.account?.user as UserRow | undefined // set by `findAccount` only

/** Pages of a tenant without TLS are for development: cookies cannot be `Secure` there. */
export const isSecure = ({ url }: Pick<Tenant, 'url'>): boolean => url.startsWith('https:')

/** Names of cookies; the prefix keeps neighbours of the host from setting them. */
export const cookieNames = (tenant: Pick<Tenant, 'url'>) => {
  const host = isSecure(tenant) ? '__Host-' : ''
  return {
    session: `${host}auth0`,
    interaction: 'auth0_i',
    resume: 'auth0_r',
    /** Binds a login on the pages to the browser that began it. */
    browser: `${host}auth0_b`,
    /** Binds the ticket of a login on an application's own page to the browser. */
    crossOrigin: `${host}auth0_co`,
    /** Skips the second factor in a browser that was remembered; lives for thirty days. */
    rememberedBrowser: `${host}auth0_mf`,
  }
}
