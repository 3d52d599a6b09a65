import { type Static, Type } from 'typebox'
import { deliveryMethods } from './notifications.ts'

/** `/api/v2/branding/phone/providers`. Source: SDK types of `auth0` 7 and recorded answers. */

export const phoneProviderNames = ['twilio', 'custom'] as const
export type PhoneProviderName = (typeof phoneProviderNames)[number]

const Text = Type.String({ maxLength: 255 })

/**
 * The members of every kind in one closed object: a provider whose kind was changed keeps and echoes the
 * members of its former kind. Account ids and senders have no pattern, as at the original.
 */
export const PhoneProviderConfiguration = Type.Object(
  {
    delivery_methods: Type.Optional(
      Type.Array(Type.Enum(deliveryMethods), { minItems: 1, uniqueItems: true }),
    ),
    /** Twilio's account. */
    sid: Type.Optional(Text),
    /** Sender, when there is no messaging service. */
    default_from: Type.Optional(Text),
    /** Twilio's messaging service. */
    mssid: Type.Optional(Text),
  },
  { additionalProperties: false },
)
export type PhoneProviderConfiguration = Static<typeof PhoneProviderConfiguration>

export const PhoneProviderCredentials = Type.Object(
  { auth_token: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })) },
  { additionalProperties: false },
)
export type PhoneProviderCredentials = Static<typeof PhoneProviderCredentials>

/** Open, unlike the other bodies: the original accepts further members and forgets them. */
export const PhoneProviderCreate = Type.Object({
  name: Type.Enum(phoneProviderNames),
  credentials: PhoneProviderCredentials,
  configuration: Type.Optional(PhoneProviderConfiguration),
  disabled: Type.Optional(Type.Boolean()),
})
export type PhoneProviderCreate = Static<typeof PhoneProviderCreate>

export const PhoneProviderPatch = Type.Object(
  {
    name: Type.Optional(Type.Enum(phoneProviderNames)),
    credentials: Type.Optional(PhoneProviderCredentials),
    configuration: Type.Optional(PhoneProviderConfiguration),
    disabled: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type PhoneProviderPatch = Static<typeof PhoneProviderPatch>

/** A provider as single answers show it: never with credentials. */
export type PhoneProviderView = {
  id: string
  tenant: string
  name: string
  channel: 'phone'
  disabled: boolean
  configuration: Readonly<Record<string, unknown>>
  created_at: string
  updated_at: string
}

/** Body of both `…/try` endpoints. */
export const TestMessage = Type.Object({
  /** The leading `+` may be missing: a recorded call has none. */
  to: Type.String({ minLength: 1, maxLength: 16 }),
  delivery_method: Type.Optional(Type.Enum(deliveryMethods)),
})
