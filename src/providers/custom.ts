import { type Static, Type } from 'typebox'
import { deliveryMethods } from '../contract/notifications.ts'
import type { Delivery, PhoneProviderKind } from './phone-provider.ts'

/** The keys of Twilio may be left over from before a change of kind. Source: recorded calls. */
export const CustomConfiguration = Type.Object(
  {
    delivery_methods: Type.Array(Type.Enum(deliveryMethods), {
      title: 'Delivery methods',
      minItems: 1,
      uniqueItems: true,
    }),
    sid: Type.Optional(Type.String()),
    default_from: Type.Optional(Type.String()),
    mssid: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)
export type CustomConfiguration = Static<typeof CustomConfiguration>

/** Open: the secrets belong to the Action, and what a former kind left is ignored. */
export const CustomCredentials = Type.Object({})
export type CustomCredentials = Static<typeof CustomCredentials>

/**
 * The tenant's own code, an Action for the trigger `custom-phone-provider`. As long as none is
 * deployed, nothing can be sent.
 */
export const custom = {
  name: 'custom' as const,
  deliveryMethods,
  configuration: CustomConfiguration,
  credentials: CustomCredentials,

  async send(): Promise<Delivery> {
    return {
      outcome: 'permanent',
      cause: {
        code: 'custom_action_missing',
        text: 'There is no deployed Action that sends phone messages.',
        hint: 'Deploy an Action for the custom phone provider, or configure another provider.',
      },
    }
  },
} satisfies PhoneProviderKind<CustomConfiguration, CustomCredentials>
