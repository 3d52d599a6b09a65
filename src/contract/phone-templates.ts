import { type Static, Type } from 'typebox'
import { messageTypes } from './notifications.ts'

/** `/api/v2/branding/phone/templates`. Source: SDK types of `auth0` 7 and recorded answers. */

const From = Type.String({ minLength: 1, maxLength: 16 })
const Source = Type.String({ minLength: 1, maxLength: 20_000 })

const Body = Type.Object(
  { text: Type.Optional(Source), voice: Type.Optional(Source) },
  { additionalProperties: false, minProperties: 1 },
)

export const PhoneTemplateCreate = Type.Object(
  {
    type: Type.Enum(messageTypes),
    disabled: Type.Optional(Type.Boolean()),
    content: Type.Optional(
      Type.Object(
        {
          syntax: Type.Optional(Type.Enum(['liquid'])),
          from: Type.Optional(From),
          body: Type.Optional(Body),
        },
        { additionalProperties: false, minProperties: 1 },
      ),
    ),
  },
  { additionalProperties: false },
)
export type PhoneTemplateCreate = Static<typeof PhoneTemplateCreate>

/** Neither the type nor the syntax of a template can change. */
export const PhoneTemplatePatch = Type.Object(
  {
    disabled: Type.Optional(Type.Boolean()),
    content: Type.Optional(
      Type.Object(
        { from: Type.Optional(From), body: Type.Optional(Body) },
        { additionalProperties: false, minProperties: 1 },
      ),
    ),
  },
  { additionalProperties: false },
)
export type PhoneTemplatePatch = Static<typeof PhoneTemplatePatch>

/** A template as it is shown; without `id` while it is only the built-in default of its type. */
export type PhoneTemplateView = {
  id?: string
  tenant: string
  channel: 'phone'
  type: string
  disabled: boolean
  content: {
    syntax: 'liquid'
    /** Empty on built-in defaults, absent on stored templates without a sender. */
    from?: string
    body: { text: string; voice: string }
  }
  created_at: string
  updated_at: string
}
