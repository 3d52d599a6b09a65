import { type Static, Type } from 'typebox'

const Time = Type.String({ format: 'date-time' })
const Text = Type.Optional(Type.String())
const Open = Type.Object({}, { additionalProperties: true })

/** A user as `/api/v2/users` shows it; what was never set is left out. */
export const UserView = Type.Object(
  {
    user_id: Type.String(),
    identities: Type.Array(
      Type.Object({
        connection: Type.String(),
        user_id: Type.String(),
        provider: Type.Enum(['auth0', 'sms']),
        isSocial: Type.Boolean(),
        profileData: Type.Optional(Open),
      }),
    ),
    created_at: Time,
    updated_at: Time,
    /** E.164, never masked here. */
    phone_number: Text,
    phone_verified: Type.Optional(Type.Boolean()),
    email: Text,
    email_verified: Type.Optional(Type.Boolean()),
    username: Text,
    name: Text,
    nickname: Text,
    given_name: Text,
    family_name: Text,
    picture: Text,
    user_metadata: Type.Optional(Open),
    app_metadata: Type.Optional(Open),
    blocked: Type.Optional(Type.Boolean()),
    last_ip: Text,
    last_login: Type.Optional(Time),
    logins_count: Type.Optional(Type.Integer()),
    last_password_reset: Type.Optional(Time),
    multifactor: Type.Optional(Type.Array(Type.String())),
    multifactor_last_modified: Type.Optional(Time),
  },
  { title: 'User' },
)
export type UserView = Static<typeof UserView>

/** With `fields` not all members come. */
export const UserFields = Type.Partial(UserView)
