import { type Static, Type } from 'typebox'
import { nullable } from './nullable.ts'

/** `/api/v2/users`. Source: Auth0's Management API v2. */

const Metadata = Type.Record(Type.String({ maxLength: 256 }), Type.Unknown())
const PhoneNumber = Type.String({
  pattern: '^\\+[0-9]{1,15}$',
  description: "The user's phone number (following the E.164 recommendation)",
})
const Email = Type.String({ maxLength: 320, pattern: '^[^@\\s]+@[^@\\s]+$' })
const Name = Type.String({ minLength: 1, maxLength: 300 })
const PartOfName = Type.String({ minLength: 1, maxLength: 150 })
const Picture = Type.String({ maxLength: 2048, pattern: '^[A-Za-z][A-Za-z0-9+.-]*:[^\\s]+$' })

/** `POST /api/v2/users`. */
export const UserCreate = Type.Object(
  {
    /** The name of a connection. */
    connection: Type.String({ minLength: 1, maxLength: 200 }),
    phone_number: Type.Optional(PhoneNumber),
    phone_verified: Type.Optional(Type.Boolean()),
    email: Type.Optional(Email),
    email_verified: Type.Optional(Type.Boolean()),
    verify_email: Type.Optional(Type.Boolean()),
    username: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    password: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
    /** The part after `sms|`. */
    user_id: Type.Optional(Type.String({ minLength: 1, maxLength: 255, pattern: '^\\S+$' })),
    given_name: Type.Optional(PartOfName),
    family_name: Type.Optional(PartOfName),
    name: Type.Optional(Name),
    nickname: Type.Optional(Name),
    picture: Type.Optional(Picture),
    blocked: Type.Optional(Type.Boolean()),
    user_metadata: Type.Optional(Metadata),
    app_metadata: Type.Optional(Metadata),
  },
  { additionalProperties: false },
)
export type UserCreate = Static<typeof UserCreate>

/** `PATCH /api/v2/users/{id}`; open, as the original's is: members that it does not know are ignored. */
export const UserPatch = Type.Object(
  {
    connection: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    client_id: Type.Optional(Type.String({ maxLength: 200 })),
    phone_number: Type.Optional(nullable(PhoneNumber)),
    phone_verified: Type.Optional(Type.Boolean()),
    verify_phone_number: Type.Optional(Type.Boolean()),
    email: Type.Optional(nullable(Email)),
    email_verified: Type.Optional(Type.Boolean()),
    verify_email: Type.Optional(Type.Boolean()),
    username: Type.Optional(nullable(Type.String({ minLength: 1, maxLength: 128 }))),
    password: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
    given_name: Type.Optional(nullable(PartOfName)),
    family_name: Type.Optional(nullable(PartOfName)),
    name: Type.Optional(nullable(Name)),
    nickname: Type.Optional(nullable(Name)),
    picture: Type.Optional(nullable(Picture)),
    blocked: Type.Optional(Type.Boolean()),
    user_metadata: Type.Optional(Metadata),
    app_metadata: Type.Optional(Metadata),
  },
  { additionalProperties: true },
)
export type UserPatch = Static<typeof UserPatch>
