import { createPrivateKey } from 'node:crypto'
import type { Adapter, JWK, Provider } from 'oidc-provider'
import { keyedHash } from '../base/secret-box.ts'
import type { Deps } from '../domain/deps.ts'
import { publicJwks, publishedSigningKeys } from '../domain/signing-keys.ts'
import type { Tenant } from '../domain/tenant.ts'
import { discoveryDocument } from './discovery.ts'

/** Marks the provider in `tenant.derived`: it dies with the settings that it was built from. */
const built = Symbol('oidc provider')

/**
 * The tenant's oidc-provider. It answers discovery and JWKS; the grants without a browser are our own
 * routes, because spending a code, finding the person and storing the refresh token is one statement,
 * which its adapter cannot express.
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
  end_session: '/oidc/logout',
}

async function buildProvider(deps: Deps, tenant: Tenant): Promise<Provider> {
  // Loaded when first asked for: it is a good part of the program, and no start needs it.
  const { Provider } = await import('oidc-provider')
  const provider = new Provider(tenant.issuer, {
    routes,
    jwks: { keys: privateJwks(deps, tenant) },
    adapter: () => nothingStored,
    cookies: { keys: [keyedHash(tenant.hashKey, 'cookies').toString('base64url')] },
    features: { devInteractions: { enabled: false } },
  })
  provider.use(async (ctx, next) => {
    await next()
    if (ctx.status !== 200) return
    // The library's document names everything it could do and forgets our members.
    if (ctx.path === routes.jwks) ctx.body = publicJwks(tenant, deps.clock.now())
    else ctx.body = discoveryDocument(tenant)
    // Not every client knows `application/jwk-set+json`.
    ctx.type = 'json'
  })
  return provider
}

function privateJwks(deps: Deps, tenant: Tenant): JWK[] {
  return publishedSigningKeys(tenant, deps.clock.now()).map((key) => ({
    ...createPrivateKey(key.privateKeyPem).export({ format: 'jwk' }),
    kid: key.kid,
    alg: key.alg,
    use: 'sig',
  })) as JWK[] // Node exports the members of RFC 7517, the type wants `kty` named.
}

/** No route of the library that stores anything is mounted. */
const nothingStored: Adapter = {
  upsert: async () => undefined,
  find: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
}
