import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Deps } from '../domain/deps.ts'
import type { Tenant } from '../domain/tenant.ts'
import { oidcProvider } from './provider.ts'
import { cookieNames, isSecure } from './request-context.ts'
import { sessionLifetimeS } from './session-lifetime.ts'

/** The session of a browser, as far as its pages may know it. */
export type BrowserSession = {
  /** `sid` in tokens. */
  sid: string
  /** The value of its cookie: a bearer value. */
  id: string
  userId: string
  end(): Promise<void>
}

/** @returns undefined for a browser in which nobody is logged in */
export async function browserSession(
  deps: Deps,
  tenant: Tenant,
  { req, res }: { req: IncomingMessage; res: ServerResponse },
): Promise<BrowserSession | undefined> {
  const provider = await oidcProvider(deps, tenant)
  const session = await provider.Session.get(provider.createContext(req, res))
  const { accountId, uid, jti } = session
  if (accountId === undefined) return undefined
  return { sid: uid, id: jti, userId: accountId, end: () => session.destroy() }
}

/**
 * Logs a person in without a page, in place of whoever was in this browser. The session has a new id: one
 * that somebody else put there is worth nothing.
 */
export async function openBrowserSession(
  deps: Deps,
  tenant: Tenant,
  { req, res }: { req: IncomingMessage; res: ServerResponse },
  accountId: string,
): Promise<void> {
  const provider = await oidcProvider(deps, tenant)
  const context = provider.createContext(req, res)
  const former = await provider.Session.get(context)
  if (former.accountId !== undefined) await former.destroy()
  const loginTs = Math.floor(deps.clock.now() / 1000)
  const cookie = tenant.settings.session_cookie as { mode?: string } | undefined // checked when written
  const transient = cookie?.mode === 'non-persistent'
  const session = new provider.Session()
  session.resetIdentifier()
  session.loginAccount({ accountId, loginTs, transient })
  const lifetimeS = sessionLifetimeS(tenant, deps.clock.now(), loginTs)
  await session.save(lifetimeS)
  const secure = isSecure(tenant)
  context.cookies.set(cookieNames(tenant).session, session.jti, {
    ...{ httpOnly: true, overwrite: true, signed: true, path: '/', secure },
    sameSite: secure ? 'none' : 'lax',
    ...(!transient && { maxAge: lifetimeS * 1000 }),
  })
}

/** `set-cookie` values that make a browser forget its session, and the logins that it has begun. */
export function forgottenCookies(tenant: Tenant): string[] {
  const { session, browser } = cookieNames(tenant)
  const secure = isSecure(tenant)
  const attributes = `path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly${secure ? '; secure' : ''}`
  const sameSite = secure ? 'none' : 'lax'
  return [
    ...[session, `${session}.sig`].map((name) => `${name}=; ${attributes}; samesite=${sameSite}`),
    `${browser}=; ${attributes}; samesite=lax`,
  ]
}
