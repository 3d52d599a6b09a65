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
export const PhoneProviderView = Type.Object(
  {
    id: Type.String(),
    tenant: Type.String(),
    name: Type.Enum(phoneProviderNames),
    channel: Type.Literal('phone'),
    disabled: Type.Boolean(),
    configuration: Type.Object(
      {
        ...PhoneProviderConfiguration.properties,
        delivery_methods: Type.Array(Type.Enum(deliveryMethods)),
      },
      { additionalProperties: false },
    ),
    created_at: Type.String({ format: 'date-time' }),
    updated_at: Type.String({ format: 'date-time' }),
  },
  { title: 'PhoneProvider' },
)
export type PhoneProviderView = Static<typeof PhoneProviderView>

/** The list names the secret and shows none. */
export const PhoneProviderList = Type.Object({
  providers: Type.Array(
    Type.Object(
      { ...PhoneProviderView.properties, credentials: Type.Null() },
      { title: 'PhoneProviderItem' },
    ),
  ),
})

/** Body of both `…/try` endpoints. */
export const TestMessage = Type.Object({
  /** The leading `+` may be missing: a recorded call has none. */
  to: Type.String({ minLength: 1, maxLength: 16 }),
  delivery_method: Type.Optional(Type.Enum(deliveryMethods)),
})

/** What both `…/try` endpoints answer; the outcome only to who waits for it with `Prefer: wait=`. */
export const TestMessageReply = Type.Object(
  {
    code: Type.Literal(202),
    message: Type.String(),
    outcome: Type.Optional(Type.String()),
    cause: Type.Optional(
      Type.Object({ code: Type.String(), text: Type.String(), hint: Type.String() }),
    ),
    provider_error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
  },
  { title: 'TestMessageAccepted' },
)
