import type { Interaction, KoaContextWithOIDC } from 'oidc-provider'
import { randomToken } from '../base/random.ts'
import { tokenHash } from '../base/secret-box.ts'
import type { Deps } from '../domain/deps.ts'
import { mfaRequired } from '../domain/mfa-required-log.ts'
import type { Tenant } from '../domain/tenant.ts'
import { writeTenantLog } from '../domain/tenant-logs.ts'
import { insertLogin } from '../store/logins.ts'
import { accountUser, cookieNames, isSecure, knownOf, requestOf } from './request-context.ts'

/** How long a person has for the pages. */
export const loginLifetimeS = 3600

/**
 * Begins a login on the pages: the library has kept the request, and needs an address for the browser.
 * One cookie for each browser binds all its logins, so tabs do not get in each other's way.
 */
export async function beginLogin(
  deps: Deps,
  tenant: Tenant,
  ctx: KoaContextWithOIDC,
  interaction: Interaction,
): Promise<string> {
  const name = cookieNames(tenant).browser
  const browser = ctx.cookies.get(name, { signed: false }) ?? randomToken(deps.random)
  const options = { httpOnly: true, sameSite: 'lax', path: '/', signed: false } as const
  ctx.cookies.set(name, browser, { ...options, secure: isSecure(tenant), overwrite: true })
  const isSecondFactor = interaction.prompt.name === 'mfa'
  const user = isSecondFactor ? accountUser(ctx) : undefined
  const now = deps.clock.now()
  await insertLogin(deps.db, {
    ...{ tenant_id: tenant.id, state_hash: tokenHash(interaction.uid) },
    browser_hash: tokenHash(browser),
    client_id: String(interaction.params.client_id),
    request: requestOf(ctx),
    ...{ user_id: user?.user_id ?? null, connection: user?.connection ?? null },
    steps: {},
    ...{ created_at: now, expires_at: now + loginLifetimeS * 1000 },
  })
  if (user !== undefined) await tellSecondFactor(deps, tenant, ctx, user)
  return `/u/${isSecondFactor ? 'mfa' : 'login-id'}?state=${interaction.uid}`
}

async function tellSecondFactor(
  deps: Deps,
  tenant: Tenant,
  ctx: KoaContextWithOIDC,
  user: { user_id: string; connection: string },
): Promise<void> {
  const { ip, userAgent } = knownOf(ctx)
  const client = await tenant.client(ctx.oidc.client?.clientId ?? '')
  await writeTenantLog(deps, tenant, {
    ...mfaRequired('authorization_code'),
    ...(client && { client_id: client.clientId, client_name: client.name }),
    ...{ ip, user_agent: userAgent, user_id: user.user_id, connection: user.connection },
  })
}
