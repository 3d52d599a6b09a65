import { type Static, Type } from 'typebox'

/** `POST /passwordless/start`, success. Source: authentication-api 1.1. */
export const PasswordlessStartReply = Type.Object({
  /** Fresh 24 hex digits each time; asks for the delivery state at `/passwordless/status`. */
  _id: Type.String(),
  phone_number: Type.String(),
  phone_verified: Type.Literal(false),
  request_language: Type.Optional(Type.String()),
})
export type PasswordlessStartReply = Static<typeof PasswordlessStartReply>

/** `GET /passwordless/status`: what became of the message, equal for known and unknown numbers. */
export const PasswordlessStatusReply = Type.Object({
  state: Type.Enum(['queued', 'sent', 'delivered', 'failed']),
  /** True when the state will not change any more. */
  final: Type.Boolean(),
})
export type PasswordlessStatusReply = Static<typeof PasswordlessStatusReply>

/** `POST /passwordless/verify`, to a page: the code is right. Source: authentication-api 1.2. */
export const PasswordlessVerifyReply = Type.Object({})

/** The grant that exchanges a code for tokens. */
export const passwordlessOtpGrant = 'http://auth0.com/oauth/grant-type/passwordless/otp'

/** The flow that raises a passwordless code, and the purpose of its challenge. */
export const passwordlessFlow = 'passwordless'
