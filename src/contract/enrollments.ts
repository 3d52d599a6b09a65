import { type Static, Type } from 'typebox'

/** Guardian's view of a person's factors. Source: SDK types of `auth0` 7 and recorded answers. */

/** What an enrolment ticket may be restricted to. */
export const ticketFactors = [
  'push-notification',
  'phone',
  'email',
  'otp',
  'webauthn-roaming',
  'webauthn-platform',
] as const

/** `POST /api/v2/guardian/enrollments/ticket`. */
export const EnrollmentTicketCreate = Type.Object(
  {
    user_id: Type.String({ minLength: 1, maxLength: 300 }),
    email: Type.Optional(Type.String({ maxLength: 320, pattern: '^[^@\\s]+@[^@\\s]+$' })),
    send_mail: Type.Optional(Type.Boolean()),
    email_locale: Type.Optional(Type.String({ maxLength: 35 })),
    factor: Type.Optional(Type.Enum(ticketFactors)),
    allow_multiple_enrollments: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
export type EnrollmentTicketCreate = Static<typeof EnrollmentTicketCreate>

export const EnrollmentTicketView = Type.Object({
  ticket_id: Type.String(),
  ticket_url: Type.String(),
})
export type EnrollmentTicketView = Static<typeof EnrollmentTicketView>

const enrollment = {
  id: Type.String(),
  status: Type.Enum(['pending', 'confirmed']),
  name: Type.Optional(Type.String()),
  identifier: Type.Optional(Type.String()),
  phone_number: Type.Optional(Type.String()),
  enrolled_at: Type.Optional(Type.String()),
  last_auth: Type.Optional(Type.String()),
}

/** `GET /api/v2/guardian/enrollments/{id}`. */
export const EnrollmentView = Type.Object(enrollment)
export type EnrollmentView = Static<typeof EnrollmentView>

/** An item of `GET /api/v2/users/{id}/enrollments`. */
export const UserEnrollmentView = Type.Object({
  ...enrollment,
  type: Type.String(),
  auth_method: Type.Enum([
    'authenticator',
    'guardian',
    'sms',
    'webauthn-platform',
    'webauthn-roaming',
  ]),
})
export type UserEnrollmentView = Static<typeof UserEnrollmentView>

/** `POST /api/v2/users/{id}/recovery-code-regeneration`. */
export const RecoveryCodeView = Type.Object({ recovery_code: Type.String() })

/** Kinds of second factor of old that `DELETE /api/v2/users/{id}/multifactor/{provider}` knows. */
export const multifactorProviders = ['duo', 'google-authenticator'] as const
