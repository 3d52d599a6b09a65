import { type Static, Type } from 'typebox'

/** `POST /oauth/token`, success. Source: authentication-api 1.3. */
export const TokenReply = Type.Object({
  access_token: Type.String(),
  refresh_token: Type.Optional(Type.String()),
  id_token: Type.Optional(Type.String()),
  /** What was granted, which may be less than what was asked. */
  scope: Type.String(),
  /** Seconds. */
  expires_in: Type.Integer(),
  token_type: Type.Literal('Bearer'),
  /** The one that replaces a used recovery code. */
  recovery_code: Type.Optional(Type.String()),
})
export type TokenReply = Static<typeof TokenReply>

/**
 * Grant types that Auth0 knows. A client may list any of them; those without a file in `oidc/grants`
 * answer as if it did not. Source: management-api 7.3.
 */
export const knownGrantTypes: ReadonlySet<string> = new Set([
  'authorization_code',
  'client_credentials',
  'implicit',
  'password',
  'refresh_token',
  'http://auth0.com/oauth/grant-type/mfa-oob',
  'http://auth0.com/oauth/grant-type/mfa-otp',
  'http://auth0.com/oauth/grant-type/mfa-recovery-code',
  'http://auth0.com/oauth/grant-type/password-realm',
  'http://auth0.com/oauth/grant-type/passwordless/otp',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:openid:params:grant-type:ciba',
])
