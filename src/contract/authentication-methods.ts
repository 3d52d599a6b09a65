import { type Static, Type } from 'typebox'

/** `/api/v2/users/{id}/authentication-methods`. Source: SDK types of `auth0` 7 and recorded answers. */

const closed = { additionalProperties: false }

const Preferred = Type.Enum(['sms', 'voice'])
const PhoneNumber = Type.String({ minLength: 2, maxLength: 30 })
const Email = Type.String({ maxLength: 320, pattern: '^[^@\\s]+@[^@\\s]+$' })
/** Base32, as authenticator apps take it. */
const TotpSecret = Type.String({ pattern: '^[A-Z2-7]{16,128}=*$', maxLength: 140 })
const Word = Type.String({ maxLength: 4096 })

/** Members of security keys and passkeys; kept and shown as they came. */
const webauthn = {
  key_id: Type.Optional(Word),
  public_key: Type.Optional(Word),
  aaguid: Type.Optional(Type.String({ maxLength: 36 })),
  relying_party_identifier: Type.Optional(Type.String({ maxLength: 255 })),
  credential_device_type: Type.Optional(Type.Enum(['multi_device', 'single_device'])),
  credential_backed_up: Type.Optional(Type.Boolean()),
  identity_user_id: Type.Optional(Type.String({ maxLength: 255 })),
  user_agent: Type.Optional(Type.String({ maxLength: 1000 })),
  user_handle: Type.Optional(Type.String({ maxLength: 255 })),
  transports: Type.Optional(Type.Array(Type.String({ maxLength: 30 }), { maxItems: 10 })),
}

/** `POST`. */
export const AuthenticationMethodCreate = Type.Object(
  {
    type: Type.Enum(['phone', 'email', 'totp', 'webauthn-roaming', 'passkey']),
    name: Type.Optional(Type.String({ maxLength: 100 })),
    phone_number: Type.Optional(PhoneNumber),
    preferred_authentication_method: Type.Optional(Preferred),
    email: Type.Optional(Email),
    totp_secret: Type.Optional(TotpSecret),
    ...webauthn,
  },
  closed,
)
export type AuthenticationMethodCreate = Static<typeof AuthenticationMethodCreate>

/** `PUT`: what the user has from now on. */
export const AuthenticationMethodsPut = Type.Array(
  Type.Object(
    {
      type: Type.Enum(['phone', 'email', 'totp']),
      name: Type.Optional(Type.String({ minLength: 1, maxLength: 20 })),
      phone_number: Type.Optional(PhoneNumber),
      preferred_authentication_method: Type.Optional(Preferred),
      email: Type.Optional(Email),
      totp_secret: Type.Optional(TotpSecret),
    },
    closed,
  ),
  { maxItems: 60 },
)
export type AuthenticationMethodsPut = Static<typeof AuthenticationMethodsPut>

/** `PATCH`. */
export const AuthenticationMethodPatch = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    preferred_authentication_method: Type.Optional(Preferred),
  },
  closed,
)
export type AuthenticationMethodPatch = Static<typeof AuthenticationMethodPatch>

/** A method as it is shown. */
export const AuthenticationMethodView = Type.Object({
  /** The type, `|`, and the device. */
  id: Type.String(),
  type: Type.Enum([
    'recovery-code',
    'totp',
    'push',
    'phone',
    'email',
    'email-verification',
    'webauthn-roaming',
    'webauthn-platform',
    'guardian',
    'passkey',
    'password',
  ]),
  /** In answers to GET only. */
  confirmed: Type.Optional(Type.Boolean()),
  name: Type.Optional(Type.String()),
  phone_number: Type.Optional(Type.String()),
  email: Type.Optional(Type.String()),
  preferred_authentication_method: Type.Optional(Preferred),
  authentication_methods: Type.Optional(
    Type.Array(Type.Object({ id: Type.String(), type: Preferred })),
  ),
  /** Only in the answer to the request that sets it. */
  totp_secret: Type.Optional(Type.String()),
  ...webauthn,
  created_at: Type.String(),
  enrolled_at: Type.Optional(Type.String()),
  last_auth_at: Type.Optional(Type.String()),
})
export type AuthenticationMethodView = Static<typeof AuthenticationMethodView>

/** `GET` with `include_totals`; `total` is left out when it is 0. */
export const AuthenticationMethodList = Type.Object({
  authenticators: Type.Array(AuthenticationMethodView),
  start: Type.Integer(),
  limit: Type.Integer(),
  total: Type.Optional(Type.Integer()),
})

/** `GET`: a bare list, or the one with totals. */
export const AuthenticationMethods = Type.Union([
  Type.Array(AuthenticationMethodView),
  AuthenticationMethodList,
])
