import { createLocalJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import { randomToken } from '../base/random.ts'
import type { Deps } from '../domain/deps.ts'
import { publicJwks } from '../domain/signing-keys.ts'
import type { ResourceServer, Tenant } from '../domain/tenant.ts'
import { type SignatureAlgorithm, signJwt } from './sign.ts'

const defaultLifetimeS = 86_400
const frontChannelLifetimeS = 7_200

/** Whose token, for which API, and what it may. */
export type AccessTokenIssue = {
  /** A user's id, or `<client_id>@clients`. */
  subject: string
  clientId: string
  /** Undefined for a token that is good at `/userinfo` alone. */
  api: ResourceServer | undefined
  scopes: readonly string[]
  /** Only in the cases where Auth0 has it. */
  gty?: 'client-credentials' | 'refresh_token'
  /** Given to a page in its address: it lives shorter. */
  frontChannel?: boolean
}

/**
 * An access token and its life in seconds: a JWT for an API, opaque without one.
 *
 * Source: authentication-api 2.4.
 */
export async function issueAccessToken(
  deps: Deps,
  tenant: Tenant,
  issue: AccessTokenIssue,
): Promise<{ token: string; expiresInS: number }> {
  const { api } = issue
  const iat = Math.floor(deps.clock.now() / 1000)
  if (api === undefined) {
    const expiresInS = issue.frontChannel === true ? frontChannelLifetimeS : defaultLifetimeS
    return { token: sealOpaque(deps, tenant, issue, iat + expiresInS), expiresInS }
  }
  // Checked when the API was written.
  const settings = api.document as {
    signing_alg?: SignatureAlgorithm
    token_lifetime?: number
    token_lifetime_for_web?: number
    token_dialect?: string
    enforce_policies?: boolean
  }
  const alg = settings.signing_alg ?? 'RS256'
  const expiresInS =
    issue.frontChannel === true
      ? (settings.token_lifetime_for_web ?? frontChannelLifetimeS)
      : (settings.token_lifetime ?? defaultLifetimeS)
  const rfc9068 = settings.token_dialect?.startsWith('rfc9068_profile') === true
  const withPermissions =
    settings.enforce_policies === true && settings.token_dialect?.endsWith('_authz') === true
  const claims: JWTPayload = {
    iss: tenant.issuer,
    sub: issue.subject,
    aud: audiences(tenant, api, issue.scopes, alg),
    iat,
    exp: iat + expiresInS,
    ...(issue.scopes.length > 0 && { scope: issue.scopes.join(' ') }),
    ...(rfc9068
      ? { client_id: issue.clientId, jti: randomToken(deps.random) }
      : { ...(issue.gty !== undefined && { gty: issue.gty }), azp: issue.clientId }),
    // A person has no permissions without roles, so only a machine's scopes can stand here.
    ...(withPermissions && {
      permissions: issue.gty === 'client-credentials' ? [...issue.scopes] : [],
    }),
  }
  const token = await signJwt(tenant, claims, {
    alg,
    typ: rfc9068 ? 'at+jwt' : 'JWT',
    ...(api.signingSecret !== undefined && { secret: api.signingSecret }),
  })
  return { token, expiresInS }
}

const userinfo = (tenant: Tenant) => `${tenant.issuer}userinfo`

/** `/userinfo` verifies with the tenant's public keys, so a token of another kind is not for it. */
function audiences(
  tenant: Tenant,
  api: ResourceServer,
  scopes: readonly string[],
  alg: SignatureAlgorithm,
): string | string[] {
  return alg === 'RS256' && scopes.includes('openid')
    ? [api.identifier, userinfo(tenant)]
    : api.identifier
}

/** What `/userinfo` needs of a token. */
export type UserinfoToken = { subject: string; clientId: string; scopes: string[] }

/** Longer values are no tokens of ours. */
const longestToken = 16_384

/**
 * Reads a token at `/userinfo`: an opaque one, or an API's that names it as its second audience.
 *
 * @returns undefined for a token that is not ours, not for this endpoint or over
 */
export async function readUserinfoToken(
  deps: Deps,
  tenant: Tenant,
  token: string,
): Promise<UserinfoToken | undefined> {
  if (token.length > longestToken) return undefined
  return token.includes('.')
    ? readJwt(deps, tenant, token, userinfo(tenant))
    : openOpaque(deps, tenant, token)
}

/** Reads a person's token for one API of this server; undefined as above. */
export const readApiToken = (
  deps: Deps,
  tenant: Tenant,
  token: string,
  audience: string,
): Promise<UserinfoToken | undefined> =>
  token.length > longestToken || !token.includes('.')
    ? Promise.resolve(undefined)
    : readJwt(deps, tenant, token, audience)

/** Marks the verification keys in `tenant.derived`: imported once. */
const verificationKeys = Symbol('verification keys')

async function readJwt(
  deps: Deps,
  tenant: Tenant,
  token: string,
  audience: string,
): Promise<UserinfoToken | undefined> {
  const now = deps.clock.now()
  let keys = tenant.derived.get(verificationKeys) as
    | ReturnType<typeof createLocalJWKSet>
    | undefined // set below only
  if (keys === undefined) {
    // The type wants `kty` named; ours are exported keys, which have it.
    keys = createLocalJWKSet(publicJwks(tenant, now) as Parameters<typeof createLocalJWKSet>[0])
    tenant.derived.set(verificationKeys, keys)
  }
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      issuer: tenant.issuer,
      audience,
      currentDate: new Date(now),
      requiredClaims: ['sub', 'exp'],
    })
    return {
      subject: payload.sub ?? '',
      clientId: String(payload.azp ?? payload.client_id ?? ''),
      scopes: typeof payload.scope === 'string' ? payload.scope.split(' ') : [],
    }
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}

/** The members of an opaque token, short because they travel with each request. */
type Opaque = { sub: string; cid: string; scp: string; exp: number }

/**
 * Sealed, not stored: a login writes nothing for it, and nobody but this server can read it. Not one
 * of the sealed values of the database, so rotation of the master key does not look for it; an old
 * key opens it as long as it stands in the ring.
 */
const opaqueContext = (tenant: Tenant) => `access-token/${tenant.id}`

function sealOpaque(deps: Deps, tenant: Tenant, issue: AccessTokenIssue, exp: number): string {
  const opaque: Opaque = {
    sub: issue.subject,
    cid: issue.clientId,
    scp: issue.scopes.join(' '),
    exp,
  }
  return deps.secretBox.seal(JSON.stringify(opaque), opaqueContext(tenant)).toString('base64url')
}

function openOpaque(deps: Deps, tenant: Tenant, token: string): UserinfoToken | undefined {
  let plain: Buffer
  try {
    plain = deps.secretBox.open(Buffer.from(token, 'base64url'), opaqueContext(tenant))
  } catch {
    // Not sealed by us for this tenant; the box has no other reason to throw.
    return undefined
  }
  const { sub, cid, scp, exp }: Opaque = JSON.parse(plain.toString())
  if (exp * 1000 <= deps.clock.now()) return undefined
  return { subject: sub, clientId: cid, scopes: scp.split(' ') }
}
