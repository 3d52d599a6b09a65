import { Type } from 'typebox'
import { mfaOobGrant, mfaOtpGrant, mfaRecoveryCodeGrant } from './mfa.ts'
import { passwordGrant, passwordRealmGrant } from './password-grants.ts'
import { passwordlessOtpGrant } from './passwordless.ts'

/**
 * Bodies of the Authentication API. The routes read them by hand, because the order of their refusals
 * and their sentences are compared; these schemas tell what they take.
 */

const Text = Type.Optional(Type.String())

/** How a confidential client proves itself in a body; HTTP Basic does as well. */
const client = { client_id: Text, client_secret: Text }

/** `POST /oauth/token`. */
export const TokenBody = Type.Union([
  Type.Object({
    grant_type: Type.Literal(passwordlessOtpGrant),
    ...client,
    /** The phone number. */
    username: Type.String(),
    otp: Type.String(),
    /** The name of the connection. */
    realm: Type.String(),
    scope: Text,
    audience: Text,
  }),
  Type.Object({
    grant_type: Type.Literal(passwordGrant),
    ...client,
    /** An address, a phone number or a name, whichever the tenant's default directory knows people by. */
    username: Type.String(),
    password: Type.String(),
    scope: Text,
    audience: Text,
  }),
  Type.Object({
    grant_type: Type.Literal(passwordRealmGrant),
    ...client,
    username: Type.String(),
    /** The code, where the connection is a phone connection. */
    password: Type.String(),
    /** The name of the connection. */
    realm: Type.String(),
    scope: Text,
    audience: Text,
  }),
  Type.Object({
    grant_type: Type.Literal('refresh_token'),
    ...client,
    refresh_token: Type.String(),
    scope: Text,
  }),
  Type.Object({
    grant_type: Type.Literal(mfaOobGrant),
    ...client,
    mfa_token: Type.String(),
    oob_code: Type.String(),
    /** The code of the text or the call. */
    binding_code: Type.String(),
    scope: Text,
  }),
  Type.Object({
    grant_type: Type.Literal(mfaOtpGrant),
    ...client,
    mfa_token: Type.String(),
    otp: Type.String(),
    scope: Text,
  }),
  Type.Object({
    grant_type: Type.Literal(mfaRecoveryCodeGrant),
    ...client,
    mfa_token: Type.String(),
    recovery_code: Type.String(),
    scope: Text,
  }),
  Type.Object({
    grant_type: Type.Literal('client_credentials'),
    ...client,
    audience: Type.String(),
    scope: Text,
  }),
])

/** `POST /passwordless/start`. */
export const PasswordlessStartBody = Type.Object(
  {
    client_id: Type.String({ maxLength: 512 }),
    client_secret: Text,
    /** The name of the connection. */
    connection: Type.String({ maxLength: 128 }),
    phone_number: Type.String(),
    send: Type.Optional(Type.Literal('code')),
    authParams: Type.Optional(Type.Object({}, { additionalProperties: true })),
  },
  { additionalProperties: false },
)

/** `POST /passwordless/verify`: a check by a page, or an exchange in the words of before OAuth's grants. */
export const PasswordlessVerifyBody = Type.Union([
  Type.Object({
    client_id: Type.String(),
    /** The name of the connection. */
    connection: Type.String(),
    phone_number: Type.String(),
    verification_code: Type.String(),
  }),
  Type.Object({
    grant_type: Type.Literal('password'),
    ...client,
    connection: Type.String(),
    /** The phone number. */
    username: Type.String(),
    /** The code. */
    password: Type.String(),
    scope: Text,
    audience: Text,
  }),
])

/** `POST /oauth/revoke`. */
export const RevokeBody = Type.Object({ ...client, token: Type.String() })

/** Claims about a person: `sub`, and what the token's scopes give. */
export const UserinfoReply = Type.Object({ sub: Type.String() }, { additionalProperties: true })

/** RFC 8414 and OpenID Connect Discovery 1.0. */
export const DiscoveryReply = Type.Object(
  { issuer: Type.String(), jwks_uri: Type.String() },
  { additionalProperties: true },
)

/** RFC 7517. */
export const JwksReply = Type.Object({
  keys: Type.Array(
    Type.Object({ kid: Type.String(), kty: Type.String() }, { additionalProperties: true }),
  ),
})
