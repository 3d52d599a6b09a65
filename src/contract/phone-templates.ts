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
export const PhoneTemplateView = Type.Object(
  {
    id: Type.Optional(Type.String()),
    tenant: Type.String(),
    channel: Type.Literal('phone'),
    type: Type.Enum(messageTypes),
    disabled: Type.Boolean(),
    content: Type.Object({
      syntax: Type.Literal('liquid'),
      /** Empty on built-in defaults, absent on stored templates without a sender. */
      from: Type.Optional(Type.String()),
      body: Type.Object({ text: Type.String(), voice: Type.String() }),
    }),
    created_at: Type.String({ format: 'date-time' }),
    updated_at: Type.String({ format: 'date-time' }),
  },
  { title: 'PhoneTemplate' },
)
export type PhoneTemplateView = Static<typeof PhoneTemplateView>

export const PhoneTemplateList = Type.Object({ templates: Type.Array(PhoneTemplateView) })
