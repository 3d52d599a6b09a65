import { createHash } from 'node:crypto'
import type { Client, Tenant } from '../domain/tenant.ts'
import { type ClaimsUser, profileClaims } from './claims.ts'
import { multiFactorUri } from './login-request.ts'
import { type SignatureAlgorithm, signJwt } from './sign.ts'

const defaultLifetimeS = 36_000

/** What an ID token tells of a login in a browser; members that are undefined are left out. */
export type BrowserLogin = {
  /** The session. */
  sid: string
  nonce?: string | undefined
  /** Epoch seconds; only where the application asked for it. */
  authTime?: number | undefined
  /** The person has passed a second factor in this very login. */
  secondFactor: boolean
  /** What comes beside the ID token on the front channel. */
  accessToken?: string | undefined
  code?: string | undefined
}

/**
 * An ID token. That of a grant without a browser has no `sid`, `nonce`, `auth_time`, `amr` or `acr`.
 *
 * Source: authentication-api 2.2.
 *
 * @param issue.nowMs epoch ms
 */
export function signIdToken(
  tenant: Tenant,
  issue: {
    client: Client
    user: ClaimsUser
    scopes: readonly string[]
    nowMs: number
    login?: BrowserLogin | undefined
  },
): Promise<string> {
  const { client, user } = issue
  // Checked when the client was written.
  const settings = client.document.jwt_configuration as
    | { alg?: SignatureAlgorithm; lifetime_in_seconds?: number; secret_encoded?: boolean }
    | undefined
  const alg = settings?.alg ?? 'RS256'
  const iat = Math.floor(issue.nowMs / 1000)
  const claims = {
    ...profileClaims(tenant, user, issue.scopes),
    iss: tenant.issuer,
    aud: client.clientId,
    sub: user.user_id,
    iat,
    exp: iat + (settings?.lifetime_in_seconds ?? defaultLifetimeS),
    ...(issue.login && loginClaims(issue.login, alg)),
  }
  return signJwt(tenant, claims, {
    alg,
    typ: 'JWT',
    secret: settings?.secret_encoded ? Buffer.from(client.secret, 'base64url') : client.secret,
  })
}

const loginClaims = (login: BrowserLogin, alg: SignatureAlgorithm): Record<string, unknown> => ({
  sid: login.sid,
  ...(login.nonce !== undefined && { nonce: login.nonce }),
  ...(login.authTime !== undefined && { auth_time: login.authTime }),
  ...(login.secondFactor && { amr: ['mfa'], acr: multiFactorUri }),
  ...(login.accessToken !== undefined && { at_hash: halfHash(login.accessToken, alg) }),
  ...(login.code !== undefined && { c_hash: halfHash(login.code, alg) }),
})

/** The left half of the hash that the signature uses. Source: OpenID Connect Core 3.3.2.11. */
function halfHash(value: string, alg: SignatureAlgorithm): string {
  const hash = createHash(alg === 'RS512' ? 'sha512' : 'sha256')
    .update(value)
    .digest()
  return hash.subarray(0, hash.length / 2).toString('base64url')
}
