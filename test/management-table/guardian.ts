import { type Row, type Rows, refused } from './row.ts'

const scopes = { read: ['read:guardian_factors'], update: ['update:guardian_factors'] }

/** The tenant of the table is on the unified experience, where the older settings are closed. */
const closed = refused(
  403,
  'Insufficient privileges to use this deprecated feature. To handle Phone Provider/Templates refer to Tenant Phone Settings',
  'legacy_mfa_phone_provider_not_allowed',
)

const readAndPut = (path: string, body: object, answer: Row['answer']): Rows => ({
  [`GET ${path}`]: { scopes: scopes.read, answer },
  [`PUT ${path}`]: { scopes: scopes.update, body, answer },
})

export const guardianRows: Rows = {
  'GET /guardian/factors': { scopes: scopes.read, answer: 200 },
  'PUT /guardian/factors/:name': {
    scopes: scopes.update,
    ids: () => ['otp'],
    body: { enabled: true },
    answer: 200,
  },
  ...readAndPut('/guardian/factors/phone/message-types', { message_types: ['sms'] }, 200),
  ...readAndPut(
    '/guardian/factors/push-notification/providers/sns',
    { aws_region: 'eu-central-1' },
    200,
  ),
  ...readAndPut(
    '/guardian/factors/push-notification/selected-provider',
    { provider: 'guardian' },
    200,
  ),
  ...readAndPut('/guardian/factors/duo/settings', { host: 'api.example' }, 200),
  ...readAndPut(
    '/guardian/factors/webauthn-roaming/settings',
    { userVerification: 'preferred' },
    200,
  ),
  ...readAndPut(
    '/guardian/factors/webauthn-platform/settings',
    { userVerification: 'preferred' },
    200,
  ),
  'GET /guardian/policies': { scopes: ['read:mfa_policies'], answer: 200 },
  'PUT /guardian/policies': { scopes: ['update:mfa_policies'], body: [], answer: 200 },
  ...Object.assign(
    {},
    ...['phone', 'sms'].flatMap((family) => [
      readAndPut(`/guardian/factors/${family}/selected-provider`, { provider: 'twilio' }, closed),
      readAndPut(`/guardian/factors/${family}/providers/twilio`, { sid: 'AC1' }, closed),
      readAndPut(
        `/guardian/factors/${family}/templates`,
        { enrollment_message: '{{ code }}', verification_message: '{{ code }}' },
        closed,
      ),
    ]),
  ),
}
