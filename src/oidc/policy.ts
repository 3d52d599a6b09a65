import type { InteractionResults, interactionPolicy, KoaContextWithOIDC } from 'oidc-provider'
import type { Deps } from '../domain/deps.ts'
import { mfaRequirement } from '../domain/mfa-requirement.ts'
import type { Tenant } from '../domain/tenant.ts'
import { loginConnections } from './authorize.ts'
import { accountUser, cookieNames, requestOf } from './request-context.ts'
import { mfaAudience } from './scopes.ts'

/** Compared literally by SDKs. */
const loginRequired = 'Login required'
const secondFactorRequired = 'Multifactor authentication required'

/**
 * When a page has to be shown: the login, where there is no session that will do, then the second
 * factor, where the person has not passed one. Consent is asked of nobody.
 *
 * Source: authentication-api 5.6.
 */
export function loginPolicy(
  deps: Deps,
  tenant: Tenant,
  { base, Check, Prompt }: typeof interactionPolicy,
) {
  const policy = base()
  policy.remove('consent')
  const checks = policy.get('login')?.checks
  if (checks === undefined) throw new Error('the library has no login prompt')
  checks.remove('no_session')
  checks.add(new Check('no_session', loginRequired, (ctx) => accountUser(ctx) === undefined), 0)
  checks.add(
    new Check('other_connection', loginRequired, async (ctx) => isOfOtherConnection(tenant, ctx)),
  )
  for (const check of checks) {
    Object.assign(check, { error: 'login_required', description: loginRequired })
  }
  policy.add(
    new Prompt(
      { name: 'mfa', requestable: false },
      new Check('mfa_needed', secondFactorRequired, 'login_required', (ctx) =>
        needsSecondFactor(deps, tenant, ctx),
      ),
    ),
  )
  return policy
}

const resultOf = (ctx: KoaContextWithOIDC): InteractionResults => ctx.oidc.result ?? {}

/**
 * A login over texts is asked for each time, whatever session there is (authentication-api 4.5); only
 * `prompt=none` may use one that was begun over the same connection. A database's session will do for
 * its own connection.
 */
async function isOfOtherConnection(tenant: Tenant, ctx: KoaContextWithOIDC): Promise<boolean> {
  const { connection } = requestOf(ctx)
  const user = accountUser(ctx)
  const client = await tenant.client(ctx.oidc.client?.clientId ?? '')
  if (connection === null || user === undefined || client === undefined) return false
  if (resultOf(ctx).login !== undefined) return false
  const meant = loginConnections(tenant, client, connection) ?? []
  const isText = meant.some(({ strategy }) => strategy === 'sms')
  const isSilent = ctx.oidc.prompts.has('none')
  return (isText && !isSilent) || !meant.some(({ name }) => name === user.connection)
}

async function needsSecondFactor(
  deps: Deps,
  tenant: Tenant,
  ctx: KoaContextWithOIDC,
): Promise<boolean> {
  const user = accountUser(ctx)
  if (user === undefined || resultOf(ctx).mfa !== undefined) return false
  const { wantsSecondFactor, audience } = requestOf(ctx)
  if (!wantsSecondFactor && ctx.oidc.session?.amr?.includes('mfa')) return false
  const { required } = await mfaRequirement(deps, tenant, async () => user.user_id, {
    browser: ctx.cookies.get(cookieNames(tenant).rememberedBrowser, { signed: false }),
    wanted: wantsSecondFactor,
    managesFactors: audience === mfaAudience(tenant),
  })
  return required
}
