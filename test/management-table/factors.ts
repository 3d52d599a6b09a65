import { type Row, type Rows, refused } from './row.ts'
import { user } from './users.ts'

const noUser = refused(404, 'The user does not exist.', 'inexistent_user')
const noMethod = refused(
  404,
  'The authentication method does not exist.',
  'inexistent_authentication_method',
)
const noEnrollment = refused(404, 'Enrollment not found', 'enrollment_not_found')

const method = (row: Omit<Row, 'ids' | 'unknown' | 'unknownFirst'>): Row => ({
  ids: ({ userId, methodId }) => [userId, methodId],
  unknown: noMethod,
  unknownFirst: noUser,
  ...row,
})
const enrollment = (row: Omit<Row, 'ids' | 'unknown'>): Row => ({
  ids: ({ enrollmentId }) => [enrollmentId],
  unknown: noEnrollment,
  ...row,
})

export const factorRows: Rows = {
  'GET /users/:id/authentication-methods': user({
    scopes: ['read:authentication_methods'],
    query: 'include_totals=true',
    answer: 200,
  }),
  'POST /users/:id/authentication-methods': user({
    scopes: ['create:authentication_methods'],
    body: { type: 'phone', phone_number: '+14155550188', name: 'Work' },
    answer: 201,
  }),
  'GET /users/:id/authentication-methods/:methodId': method({
    scopes: ['read:authentication_methods'],
    answer: 200,
  }),
  'PATCH /users/:id/authentication-methods/:methodId': method({
    scopes: ['update:authentication_methods'],
    body: { name: 'App' },
    answer: 200,
  }),
  'DELETE /users/:id/authentication-methods/:methodId': method({
    scopes: ['delete:authentication_methods'],
    // Deletions come last, and PUT has replaced it.
    answer: noMethod,
  }),
  'GET /users/:id/enrollments': user({ scopes: ['read:users'], answer: 200 }),
  'GET /guardian/enrollments/:id': enrollment({
    scopes: ['read:guardian_enrollments'],
    answer: 200,
  }),
  'POST /guardian/enrollments/ticket': {
    scopes: ['create:guardian_enrollment_tickets'],
    body: ({ userId }) => ({ user_id: userId }),
    // Not 201: recorded.
    answer: 200,
  },
  'POST /users/:id/recovery-code-regeneration': user({
    scopes: ['update:users', 'update:current_user_metadata'],
    anyBody: true,
    answer: 200,
  }),
  'POST /users/:id/multifactor/actions/invalidate-remember-browser': user({
    scopes: ['update:users'],
    anyBody: true,
    answer: 204,
  }),
  'DELETE /guardian/enrollments/:id': enrollment({
    scopes: ['delete:guardian_enrollments'],
    answer: noEnrollment,
  }),
  'DELETE /users/:id/multifactor/:provider': {
    ids: ({ userId }) => [userId, 'google-authenticator'],
    unknownFirst: noUser,
    scopes: ['update:users'],
    answer: 204,
  },
  'DELETE /users/:id/authenticators': user({
    scopes: ['delete:guardian_enrollments'],
    answer: 204,
  }),
  'DELETE /users/:id/authentication-methods': user({
    scopes: ['delete:authentication_methods'],
    answer: 204,
  }),
  'GET /users/:id/refresh-tokens': user({ scopes: ['read:refresh_tokens'], answer: 200 }),
  'DELETE /users/:id/refresh-tokens': user({ scopes: ['delete:refresh_tokens'], answer: 202 }),
  'GET /users/:id/sessions': user({ scopes: ['read:sessions'], answer: 200 }),
  'DELETE /users/:id/sessions': user({ scopes: ['delete:sessions'], answer: 202 }),
  'GET /users/:id/roles': user({
    scopes: ['read:users', 'read:roles'],
    query: 'include_totals=true',
    answer: 200,
  }),
  'GET /users/:id/permissions': user({
    scopes: ['read:users'],
    query: 'include_totals=true',
    answer: 200,
  }),
  'GET /users/:id/organizations': user({ scopes: ['read:organizations'], answer: 200 }),
  'PUT /users/:id/authentication-methods': user({
    scopes: ['update:authentication_methods'],
    body: [{ type: 'phone', phone_number: '+14155550137' }],
    answer: 200,
  }),
  'GET /user-blocks': {
    scopes: ['read:users'],
    query: ({ number }) => `identifier=${encodeURIComponent(number)}`,
    answer: 200,
  },
  'DELETE /user-blocks': {
    scopes: ['update:users'],
    query: ({ number }) => `identifier=${encodeURIComponent(number)}`,
    answer: 204,
  },
  'GET /user-blocks/:id': user({ scopes: ['read:users'], answer: 200 }),
  'DELETE /user-blocks/:id': user({ scopes: ['update:users'], answer: 204 }),
  'GET /anomaly/blocks/ips/:ip': {
    ids: () => ['192.0.2.1'],
    scopes: ['read:anomaly_blocks'],
    answer: refused(404, 'Not Found'),
  },
  'DELETE /anomaly/blocks/ips/:ip': {
    ids: () => ['192.0.2.1'],
    scopes: ['delete:anomaly_blocks'],
    answer: 204,
  },
}
