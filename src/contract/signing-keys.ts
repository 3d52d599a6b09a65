import { type Static, Type } from 'typebox'

/** `/api/v2/keys/signing`. Source: SDK types of `auth0` 7. */
export const SigningKeyView = Type.Object(
  {
    kid: Type.String(),
    cert: Type.String(),
    pkcs7: Type.String(),
    current: Type.Optional(Type.Literal(true)),
    next: Type.Optional(Type.Literal(true)),
    previous: Type.Optional(Type.Literal(true)),
    current_since: Type.Optional(Type.String()),
    current_until: Type.Optional(Type.String()),
    fingerprint: Type.String(),
    thumbprint: Type.String(),
    revoked: Type.Optional(Type.Boolean()),
    revoked_at: Type.Optional(Type.String()),
  },
  { title: 'SigningKey' },
)
export type SigningKeyView = Static<typeof SigningKeyView>

export const ChangedSigningKey = Type.Object({ kid: Type.String(), cert: Type.String() })
