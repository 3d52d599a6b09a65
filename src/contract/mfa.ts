import { type Static, Type } from 'typebox'

/** Second factors in the Authentication API. Source: authentication-api 1.3.3 to 1.6. */

export const mfaOobGrant = 'http://auth0.com/oauth/grant-type/mfa-oob'
export const mfaOtpGrant = 'http://auth0.com/oauth/grant-type/mfa-otp'
export const mfaRecoveryCodeGrant = 'http://auth0.com/oauth/grant-type/mfa-recovery-code'

/** How a code reaches a phone, in the words of MFA; `sms` is the provider's `text`. */
export const mfaChannels = ['sms', 'voice'] as const
export type MfaChannel = (typeof mfaChannels)[number]

/** Kinds of factor, in the words of `mfa_requirements`. */
export type MfaFactorType = 'phone' | 'otp' | 'recovery-code'

/** What a person must do: pass one of the factors it has, or enrol the first one. */
export type MfaRequirements =
  | { challenge: { type: MfaFactorType }[] }
  | { enroll: { type: MfaFactorType }[] }

const Types = Type.Array(Type.Object({ type: Type.Enum(['phone', 'otp', 'recovery-code']) }))

/** The refusal of a grant that needs a second factor has two members more than others. */
export const MfaRequiredRefusal = Type.Object(
  {
    error: Type.Literal('mfa_required'),
    error_description: Type.String(),
    /** Stands for the grant until the second factor is passed: ten minutes. */
    mfa_token: Type.String(),
    mfa_requirements: Type.Union([
      Type.Object({ challenge: Types }),
      Type.Object({ enroll: Types }),
    ]),
  },
  { title: 'MfaRequiredRefusal' },
)

/** The scopes of the API that manages one's own factors, `PUBLIC_URL/mfa/`. */
export const mfaScopes = ['enroll', 'read:authenticators', 'remove:authenticators'] as const

const Text = Type.Optional(Type.String())
const client = { client_id: Text, client_secret: Text }
const Words = Type.Union([Type.Array(Type.String()), Type.String()])

/** `POST /mfa/challenge`. */
export const MfaChallengeBody = Type.Object({
  ...client,
  mfa_token: Type.String(),
  /** `otp`, `oob` or both with a blank between; absent: any. */
  challenge_type: Text,
  oob_channel: Text,
  /** Of one enrolled factor; absent: the one used last. */
  authenticator_id: Text,
})

export const MfaChallengeReply = Type.Union([
  Type.Object({
    challenge_type: Type.Literal('oob'),
    oob_code: Type.String(),
    binding_method: Type.Literal('prompt'),
  }),
  Type.Object({ challenge_type: Type.Literal('otp') }),
])
export type MfaChallengeReply = Static<typeof MfaChallengeReply>

/** `POST /mfa/associate`. */
export const MfaAssociateBody = Type.Object({
  ...client,
  authenticator_types: Words,
  oob_channels: Type.Optional(Words),
  phone_number: Text,
})

export const MfaAssociateReply = Type.Union([
  Type.Object({
    id: Type.String(),
    authenticator_type: Type.Literal('oob'),
    binding_method: Type.Literal('prompt'),
    oob_channel: Type.Enum(mfaChannels),
    oob_code: Type.String(),
    /** With the first factor only. */
    recovery_codes: Type.Optional(Type.Array(Type.String())),
  }),
  Type.Object({
    id: Type.String(),
    authenticator_type: Type.Literal('otp'),
    secret: Type.String(),
    barcode_uri: Type.String(),
    recovery_codes: Type.Optional(Type.Array(Type.String())),
  }),
])
export type MfaAssociateReply = Static<typeof MfaAssociateReply>

/** An item of `GET /mfa/authenticators`. */
export const MfaAuthenticator = Type.Object({
  id: Type.String(),
  type: Type.Enum(['phone', 'otp', 'recovery-code']),
  authenticator_type: Type.Enum(['oob', 'otp', 'recovery-code']),
  /** Both spellings: clients read one or the other. */
  oob_channel: Type.Optional(Type.Enum(mfaChannels)),
  oob_channels: Type.Optional(Type.Array(Type.Enum(mfaChannels))),
  name: Type.Optional(Type.String()),
  /** False while it waits to be confirmed. */
  active: Type.Boolean(),
})
export type MfaAuthenticator = Static<typeof MfaAuthenticator>
