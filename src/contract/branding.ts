import { type Static, Type } from 'typebox'
import { nullable } from './nullable.ts'

/** `/api/v2/branding`. Source: SDK types of `auth0` 7. */

const closed = { additionalProperties: false }
const Color = Type.String({
  pattern: '^#(?:[0-9a-fA-F]{3}){1,2}$',
  description: 'a colour such as #0059d6',
})
const Url = Type.String({ maxLength: 2048, pattern: '^($|https?://[^\\s<>"]+$)' })

/** One colour, or a gradient. */
const PageBackground = Type.Unsafe<string | object | null>({
  anyOf: [
    Color,
    Type.Object(
      {
        type: Type.Enum(['linear-gradient']),
        start: Color,
        end: Color,
        angle_deg: Type.Optional(Type.Number({ minimum: -360, maximum: 360 })),
      },
      closed,
    ),
    Type.Null(),
  ],
})

/** Null removes a member. */
export const BrandingPatch = Type.Object(
  {
    colors: Type.Optional(
      nullable(
        Type.Object(
          {
            primary: Type.Optional(nullable(Color)),
            page_background: Type.Optional(PageBackground),
          },
          closed,
        ),
      ),
    ),
    favicon_url: Type.Optional(nullable(Url)),
    logo_url: Type.Optional(nullable(Url)),
    font: Type.Optional(nullable(Type.Object({ url: Type.Optional(nullable(Url)) }, closed))),
  },
  closed,
)
export type BrandingPatch = Static<typeof BrandingPatch>

/** Members that were never set are left out. */
export const Branding = Type.Object(
  {
    colors: Type.Optional(
      Type.Object({
        primary: Type.Optional(Type.String()),
        page_background: Type.Optional(
          Type.Unsafe<string | Record<string, unknown>>({
            anyOf: [Type.String(), Type.Object({}, { additionalProperties: true })],
          }),
        ),
      }),
    ),
    favicon_url: Type.Optional(Type.String()),
    logo_url: Type.Optional(Type.String()),
    font: Type.Optional(Type.Object({ url: Type.Optional(Type.String()) })),
  },
  { title: 'Branding' },
)
export type Branding = Static<typeof Branding>
