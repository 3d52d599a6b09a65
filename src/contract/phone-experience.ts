import { type Static, Type } from 'typebox'

/** `GET /api/v2/phone/experience`. Source: product decision D9. */
export const PhoneExperience = Type.Object(
  {
    experience: Type.Enum(['unified', 'legacy']),
    /** The tenant's switch, `phone_consolidated_experience`. */
    consolidated: Type.Boolean(),
    /** Whether the switch may be turned over now. */
    may_switch: Type.Boolean(),
    banners: Type.Array(
      Type.Object({ id: Type.Enum(['B1', 'B2', 'B3', 'B4', 'B5', 'B6']), asks_for: Type.String() }),
    ),
    uses: Type.Array(
      Type.Object({
        use: Type.Enum(['mfa', 'passwordless', 'identifiers']),
        methods: Type.Array(Type.Enum(['text', 'voice'])),
        live: Type.Boolean(),
        /** What is in the way, in words. */
        broken_by: Type.Optional(Type.String()),
      }),
    ),
  },
  { title: 'PhoneExperience' },
)
export type PhoneExperience = Static<typeof PhoneExperience>
