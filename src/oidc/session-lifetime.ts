import type { Tenant } from '../domain/tenant.ts'

const hourS = 3600

/**
 * How long a session lives from now if it is not used again: its idle time, but no longer than the
 * absolute one from its login. Browsers that keep no session have shorter ones.
 *
 * Source: authentication-api 2.8, with the defaults of a new tenant.
 *
 * @param loginTs epoch seconds
 */
export function sessionLifetimeS(
  { settings }: Pick<Tenant, 'settings'>,
  nowMs: number,
  loginTs: number | undefined,
): number {
  const cookie = settings.session_cookie as { mode?: string } | undefined // checked when written
  const kept = cookie?.mode !== 'non-persistent'
  const idleH = kept ? settings.idle_session_lifetime : settings.idle_ephemeral_session_lifetime
  const absoluteH = kept ? settings.session_lifetime : settings.ephemeral_session_lifetime
  const nowS = Math.floor(nowMs / 1000)
  const end = (loginTs ?? nowS) + hours(absoluteH, kept ? 168 : 72)
  return Math.max(1, Math.floor(Math.min(hours(idleH, kept ? 72 : 24), end - nowS)))
}

const hours = (value: unknown, otherwise: number): number =>
  (typeof value === 'number' ? value : otherwise) * hourS
