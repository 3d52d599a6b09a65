import type { Client, Tenant } from '../domain/tenant.ts'
import { type ClaimsUser, profileClaims } from './claims.ts'
import { type SignatureAlgorithm, signJwt } from './sign.ts'

const defaultLifetimeS = 36_000

/**
 * An ID token of a grant without a browser: no `sid`, `nonce`, `auth_time`, `amr` or `acr`.
 *
 * Source: authentication-api 2.2.
 *
 * @param issue.nowMs epoch ms
 */
export function signIdToken(
  tenant: Tenant,
  issue: { client: Client; user: ClaimsUser; scopes: readonly string[]; nowMs: number },
): Promise<string> {
  const { client, user } = issue
  // Checked when the client was written.
  const settings = client.document.jwt_configuration as
    | { alg?: SignatureAlgorithm; lifetime_in_seconds?: number; secret_encoded?: boolean }
    | undefined
  const iat = Math.floor(issue.nowMs / 1000)
  const claims = {
    ...profileClaims(tenant, user, issue.scopes),
    iss: tenant.issuer,
    aud: client.clientId,
    sub: user.user_id,
    iat,
    exp: iat + (settings?.lifetime_in_seconds ?? defaultLifetimeS),
  }
  return signJwt(tenant, claims, {
    alg: settings?.alg ?? 'RS256',
    typ: 'JWT',
    secret: settings?.secret_encoded ? Buffer.from(client.secret, 'base64url') : client.secret,
  })
}
