import { createPrivateKey } from 'node:crypto'
import type { JWK, KoaContextWithOIDC, Provider } from 'oidc-provider'
import { keyedHash } from '../base/secret-box.ts'
import type { Deps } from '../domain/deps.ts'
import { publicJwks, publishedSigningKeys } from '../domain/signing-keys.ts'
import type { Tenant } from '../domain/tenant.ts'
import { writeTenantLog } from '../domain/tenant-logs.ts'
import { findUser } from '../store/users.ts'
import { adapterFor, responseTypes } from './adapter.ts'
import { beginLogin, loginLifetimeS } from './begin-login.ts'
import { discoveryDocument } from './discovery.ts'
import { issueOurTokens } from './front-channel.ts'
import { requestParameter } from './login-request.ts'
import { loginPolicy } from './policy.ts'
import { cookieNames, isSecure, knownOf, requestOf } from './request-context.ts'
import { sessionLifetimeS } from './session-lifetime.ts'

/** Marks the provider in `tenant.derived`: it dies with the settings that it was built from. */
const built = Symbol('oidc provider')

/**
 * The tenant's oidc-provider. It answers discovery and JWKS, and the browser's way: `/authorize`, its
 * sessions and codes. Tokens are exchanged by routes of our own, because spending a code, finding the
 * person and storing the refresh token is one statement, which its adapter cannot express.
 */
export function oidcProvider(deps: Deps, tenant: Tenant): Promise<Provider> {
  const known = tenant.derived.get(built) as Promise<Provider> | undefined // set below only
  if (known !== undefined) return known
  const provider = buildProvider(deps, tenant)
  tenant.derived.set(built, provider)
  return provider
}

/** Where a caller finds what; the names are Auth0's. */
const routes = {
  authorization: '/authorize',
  token: '/oauth/token',
  userinfo: '/userinfo',
  jwks: '/.well-known/jwks.json',
  revocation: '/oauth/revoke',
}

/** How long a code may wait for its exchange. */
const codeLifetimeS = 60

async function buildProvider(deps: Deps, tenant: Tenant): Promise<Provider> {
  // Loaded when first asked for: it is a good part of the program, and no start needs it.
  const { Provider, errors, interactionPolicy } = await import('oidc-provider')
  const { interaction, resume, session } = cookieNames(tenant)
  const secure = isSecure(tenant)
  // Silent authentication runs in a frame of the application's page, which is another site's.
  const sameSite = secure ? 'none' : 'lax'
  const context = () => Provider.ctx
  const provider = new Provider(tenant.issuer, {
    routes,
    jwks: { keys: privateJwks(deps, tenant) },
    adapter: adapterFor(deps, tenant, context),
    cookies: {
      keys: [keyedHash(tenant.hashKey, 'cookies').toString('base64url')],
      names: { interaction, resume, session },
      long: { httpOnly: true, overwrite: true, signed: true, path: '/', secure, sameSite },
      short: { httpOnly: true, overwrite: true, signed: true, secure, sameSite: 'lax' },
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      webMessageResponseMode: { enabled: true, ack: 'individual-draft-01' },
    },
    responseTypes: [...responseTypes],
    pkce: { required: () => false },
    extraParams: {
      [requestParameter](ctx) {
        const { refusal } = requestOf(ctx)
        if (refusal === null) return
        throw new errors.CustomOIDCProviderError(refusal.error, refusal.description)
      },
    },
    interactions: {
      policy: loginPolicy(deps, tenant, interactionPolicy),
      url: (ctx, started) => beginLogin(deps, tenant, ctx, started),
    },
    async findAccount(_ctx, accountId) {
      const user = await findUser(deps.db, tenant.id, accountId)
      if (user === undefined || user.blocked === true) return undefined
      return { accountId, user, claims: async () => ({ sub: accountId }) }
    },
    // What may be had is decided by our own scopes; the library's grant is not kept.
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({
        ...(oidc.client && { clientId: oidc.client.clientId }),
        ...(oidc.account && { accountId: oidc.account.accountId }),
      })
      grant.addOIDCScope('openid')
      return grant
    },
    expiresWithSession: async () => false,
    ttl: {
      AuthorizationCode: codeLifetimeS,
      Interaction: loginLifetimeS,
      Session: (_ctx, kept) => sessionLifetimeS(tenant, deps.clock.now(), kept.loginTs),
    },
    async renderError(ctx, { error, error_description = '' }) {
      const { markup, headers } = await knownOf(ctx).errorPage({
        error,
        description: error_description,
      })
      ctx.set({ ...headers })
      ctx.type = 'html'
      ctx.body = markup
    },
  })
  // The address of the tenant is put into these headers by our routes, whatever came.
  provider.proxy = true
  followAuth0(provider)
  issueOurTokens(deps, tenant, provider, context)
  provider.on('authorization.error', (ctx, error) => tellRefusal(deps, tenant, ctx, error))
  provider.on('server_error', (_ctx, error) => deps.log.error({ err: error }, 'a login failed'))
  provider.use(async (ctx, next) => {
    await next()
    // The library's documents name everything it could do and forget our members.
    if (ctx.status !== 200) return
    if (ctx.path === routes.jwks) ctx.body = publicJwks(tenant, deps.clock.now())
    else if (ctx.path.startsWith('/.well-known/')) ctx.body = discoveryDocument(tenant)
    else return
    // Not every client knows `application/jwk-set+json`.
    ctx.type = 'json'
  })
  return provider
}

/** The library has one `sid` for each client of a session; Auth0 has one, and always tells it. */
function followAuth0(provider: Provider): void {
  // Callbacks were judged before, by rules that the library does not have (`authorize.ts`).
  Object.assign(provider.Client.prototype, {
    ...{ includeSid: () => true, redirectUriAllowed: () => true },
  })
  Object.assign(provider.Session.prototype, {
    sidFor(this: { uid: string }) {
      return this.uid
    },
  })
}

/** Answers to a question without a page: they are no failures. */
const expected: ReadonlySet<string> = new Set([
  'login_required',
  'consent_required',
  'interaction_required',
])

function tellRefusal(
  deps: Deps,
  tenant: Tenant,
  ctx: KoaContextWithOIDC,
  { error, error_description = '' }: { error: string; error_description?: string | undefined },
): void {
  if (expected.has(error)) return
  const { ip, userAgent } = knownOf(ctx)
  const clientId = ctx.oidc.client?.clientId
  deps.background.run('login-log', () =>
    writeTenantLog(deps, tenant, {
      ...{ type: 'f', description: error_description || error, ip, user_agent: userAgent },
      ...(clientId !== undefined && { client_id: clientId }),
    }),
  )
}

function privateJwks(deps: Deps, tenant: Tenant): JWK[] {
  return publishedSigningKeys(tenant, deps.clock.now()).map((key) => ({
    ...createPrivateKey(key.privateKeyPem).export({ format: 'jwk' }),
    kid: key.kid,
    alg: key.alg,
    use: 'sig',
  })) as JWK[] // Node exports the members of RFC 7517, the type wants `kty` named.
}
