import type { Tenant } from '../domain/tenant.ts'
import { supportedGrantTypes } from './grants/index.ts'
import { claimsOfScope } from './scopes.ts'
import { signatureAlgorithms } from './sign.ts'

/**
 * The discovery document: what this server does today and nothing else, because a client that reads
 * an endpoint here calls it. The browser flows add their members with their routes.
 *
 * Source: authentication-api 1.13; OpenID Connect Discovery 1.0, RFC 8414.
 */
export const discoveryDocument = (tenant: Tenant): Record<string, unknown> => ({
  issuer: tenant.issuer,
  token_endpoint: `${tenant.url}/oauth/token`,
  userinfo_endpoint: `${tenant.url}/userinfo`,
  jwks_uri: `${tenant.url}/.well-known/jwks.json`,
  revocation_endpoint: `${tenant.url}/oauth/revoke`,
  mfa_challenge_endpoint: `${tenant.url}/mfa/challenge`,
  scopes_supported: Object.keys(claimsOfScope),
  // Required by both standards, empty as long as there is no authorization endpoint.
  response_types_supported: [],
  grant_types_supported: supportedGrantTypes,
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: signatureAlgorithms,
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
  claims_supported: claimsSupported,
  request_uri_parameter_supported: false,
  request_parameter_supported: false,
})

const claimsSupported = [
  ...new Set(['aud', 'exp', 'iat', 'iss', 'sub', ...Object.values(claimsOfScope).flat()]),
].sort()
