import type { Tenant } from '../domain/tenant.ts'
import { supportedGrantTypes } from './grants/index.ts'
import { multiFactorUri } from './login-request.ts'
import { claimsOfScope } from './scopes.ts'
import { signatureAlgorithms } from './sign.ts'

/**
 * The discovery document: what this server does today and nothing else, because a client that reads
 * an endpoint here calls it.
 *
 * Source: authentication-api 1.13; OpenID Connect Discovery 1.0, RFC 8414.
 */
export const discoveryDocument = (tenant: Tenant): Record<string, unknown> => ({
  issuer: tenant.issuer,
  authorization_endpoint: `${tenant.url}/authorize`,
  token_endpoint: `${tenant.url}/oauth/token`,
  userinfo_endpoint: `${tenant.url}/userinfo`,
  jwks_uri: `${tenant.url}/.well-known/jwks.json`,
  revocation_endpoint: `${tenant.url}/oauth/revoke`,
  mfa_challenge_endpoint: `${tenant.url}/mfa/challenge`,
  ...(tellsLogout(tenant) && { end_session_endpoint: `${tenant.url}/oidc/logout` }),
  scopes_supported: Object.keys(claimsOfScope),
  response_types_supported: [
    ...['code', 'token', 'id_token', 'code token', 'code id_token', 'token id_token'],
    'code token id_token',
  ],
  response_modes_supported: ['query', 'fragment', 'form_post', 'web_message'],
  code_challenge_methods_supported: ['S256'],
  acr_values_supported: [multiFactorUri],
  grant_types_supported: [...supportedGrantTypes, 'implicit'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: signatureAlgorithms,
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
  claims_supported: claimsSupported,
  request_uri_parameter_supported: false,
  request_parameter_supported: false,
})

/** Off where the tenant's applications are to use `/v2/logout`. */
function tellsLogout({ settings }: Tenant): boolean {
  const logout = settings.oidc_logout as
    | { rp_logout_end_session_endpoint_discovery?: boolean }
    | null
    | undefined // kept as it was sent
  return logout?.rp_logout_end_session_endpoint_discovery !== false
}

const browserClaims = ['acr', 'amr', 'auth_time', 'nonce', 'sid']

const claimsSupported = [
  ...new Set([
    ...['aud', 'exp', 'iat', 'iss', 'sub', ...browserClaims],
    ...Object.values(claimsOfScope).flat(),
  ]),
].sort()
