import { type Static, Type } from 'typebox'
import { nullable } from './nullable.ts'

/** `/api/v2/guardian/*`. Source: Auth0's Management API v2, management-api 4. */

/** The factors in the order of the list. `sms` is a phone, by text or by call. */
export const guardianFactorNames = [
  'sms',
  'push-notification',
  'otp',
  'email',
  'duo',
  'webauthn-roaming',
  'webauthn-platform',
  'recovery-code',
] as const
export type GuardianFactorName = (typeof guardianFactorNames)[number]

const closed = { additionalProperties: false } as const

export const GuardianFactorParams = Type.Object({ name: Type.Enum([...guardianFactorNames]) })
export const GuardianFactorPut = Type.Object({ enabled: Type.Boolean() }, closed)
export const GuardianFactorView = Type.Array(
  Type.Object({
    name: Type.Enum([...guardianFactorNames]),
    enabled: Type.Boolean(),
    trial_expired: Type.Boolean(),
  }),
)

/** How a phone may be reached as a second factor. */
export const PhoneMessageTypes = Type.Object(
  { message_types: Type.Array(Type.Enum(['sms', 'voice']), { uniqueItems: true, maxItems: 2 }) },
  closed,
)
export type PhoneMessageTypes = Static<typeof PhoneMessageTypes>

/** What sends the messages of MFA under the older settings. */
export const SelectedPhoneProvider = Type.Object(
  { provider: Type.Enum(['auth0', 'twilio', 'phone-message-hook']) },
  closed,
)
export type SelectedPhoneProvider = Static<typeof SelectedPhoneProvider>

const Text = (maxLength: number) => Type.Optional(nullable(Type.String({ maxLength })))

/** MFA's own Twilio account; the token is shown, as the original does. */
export const GuardianTwilio = Type.Object(
  {
    from: Text(64),
    messaging_service_sid: Text(1000),
    auth_token: Text(1000),
    sid: Text(1000),
  },
  closed,
)
export type GuardianTwilio = Static<typeof GuardianTwilio>

/** MFA's own texts, in Liquid. */
export const GuardianTemplates = Type.Object(
  {
    enrollment_message: Type.String({ minLength: 1, maxLength: 20_000 }),
    verification_message: Type.String({ minLength: 1, maxLength: 20_000 }),
  },
  closed,
)
export type GuardianTemplates = Static<typeof GuardianTemplates>

/** When a second factor is asked for; empty: never. */
export const GuardianPolicies = Type.Array(Type.Enum(['all-applications', 'confidence-score']), {
  uniqueItems: true,
  maxItems: 2,
})
export type GuardianPolicies = Static<typeof GuardianPolicies>

/** Settings of factors that tools read and write and that nothing here acts on. */
export const GuardianSns = Type.Object(
  {
    aws_access_key_id: Text(1000),
    aws_secret_access_key: Text(1000),
    aws_region: Text(1000),
    sns_apns_platform_application_arn: Text(1000),
    sns_gcm_platform_application_arn: Text(1000),
  },
  closed,
)
export const SelectedPushProvider = Type.Object(
  { provider: Type.Enum(['guardian', 'sns', 'direct']) },
  closed,
)
export const DuoSettings = Type.Object(
  {
    ikey: Type.Optional(Type.String({ maxLength: 1000 })),
    skey: Type.Optional(Type.String({ maxLength: 1000 })),
    host: Type.Optional(Type.String({ maxLength: 1000 })),
  },
  closed,
)
export const WebauthnSettings = Type.Object(
  {
    userVerification: Type.Optional(Type.Enum(['discouraged', 'preferred', 'required'])),
    overrideRelyingParty: Type.Optional(Type.Boolean()),
    relyingPartyIdentifier: Type.Optional(Type.String({ maxLength: 1000 })),
  },
  closed,
)
