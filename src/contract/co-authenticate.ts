import { Type } from 'typebox'
import { passwordRealmGrant } from './password-grants.ts'
import { passwordlessOtpGrant } from './passwordless.ts'
import { AuthenticationRefusal } from './refusals.ts'

/** `POST /co/authenticate`. Source: authentication-api 1.14. */

/** The members of a body by its `credential_type`: all of them and no other. */
export const crossOriginCredentials: Readonly<Record<string, readonly string[]>> = {
  [passwordlessOtpGrant]: ['client_id', 'credential_type', 'username', 'otp', 'realm'],
  [passwordRealmGrant]: ['client_id', 'credential_type', 'username', 'password', 'realm'],
  password: ['client_id', 'credential_type', 'username', 'password'],
}

export const CoAuthenticateBody = Type.Object({
  client_id: Type.String(),
  credential_type: Type.Enum(Object.keys(crossOriginCredentials)),
  username: Type.String(),
  otp: Type.Optional(Type.String()),
  password: Type.Optional(Type.String()),
  realm: Type.Optional(Type.String()),
})

/** A ticket for `/authorize`, and what proves that a page is the one that asked for it. */
export const CoAuthenticateReply = Type.Object({
  login_ticket: Type.String(),
  co_verifier: Type.String(),
  co_id: Type.String(),
})

/** A page of a foreign origin is refused with words alone. */
export const CoAuthenticateRefusal = Type.Union([
  AuthenticationRefusal,
  Type.Object({ description: Type.String() }),
])
