import { type Static, Type } from 'typebox'

/** The body of every refusal of the Management API. Source: Auth0's Management API v2. */
export const ManagementRefusal = Type.Object(
  {
    statusCode: Type.Integer(),
    /** The reason phrase of the status. */
    error: Type.String(),
    message: Type.String(),
    /** Absent where the original sends none: branding/phone, actions, and the token errors. */
    errorCode: Type.Optional(Type.String()),
    /** Of token errors: the message once more. */
    attributes: Type.Optional(Type.Object({ error: Type.String() })),
    /** Of `phone_delivery_methods_in_use`: what uses them, such as `sms` or `passwordless`. */
    factors: Type.Optional(Type.Array(Type.String())),
  },
  { title: 'ManagementRefusal' },
)
export type ManagementRefusal = Static<typeof ManagementRefusal>

/** The body of every refusal of the Authentication API. */
export const AuthenticationRefusal = Type.Object(
  { error: Type.String(), error_description: Type.String() },
  { title: 'AuthenticationRefusal' },
)
export type AuthenticationRefusal = Static<typeof AuthenticationRefusal>
