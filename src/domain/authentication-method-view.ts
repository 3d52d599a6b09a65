import { maskPhoneNumber } from '../base/phone-number.ts'
import type { AuthenticationMethodView } from '../contract/authentication-methods.ts'
import type { EnrollmentView, UserEnrollmentView } from '../contract/enrollments.ts'
import type { AuthenticationMethodRow } from '../store/authentication-methods.ts'
import { maskEmail } from './mask-email.ts'
import type { Tenant } from './tenant.ts'
import { tenantFlag } from './tenant-flags.ts'

/** How a device is called on the wire: its type, `|`, its id. */
export const wireMethodId = (row: Pick<AuthenticationMethodRow, 'type' | 'id'>): string =>
  `${row.type}|${row.id}`

/**
 * The device that a wire id speaks of; undefined for what is no such id. The text and the call to one
 * number (`sms|dev_…`, `voice|dev_…`) are the device of the number.
 */
export function readMethodId(wireId: string): { type: string; id: string } | undefined {
  const [, prefix, id] = /^([a-z-]{1,30})\|(dev_[A-Za-z0-9]{16})$/.exec(wireId) ?? []
  if (prefix === undefined || id === undefined) return undefined
  return { type: prefix === 'sms' || prefix === 'voice' ? 'phone' : prefix, id }
}

/** Whether the tenant has numbers and addresses of factors masked; it may switch that off. */
export const masksFactors = (tenant: Pick<Tenant, 'settings'>): boolean =>
  tenantFlag(tenant, 'disable_management_api_sms_obfuscation') !== true

/**
 * A device as the Management API shows it.
 *
 * @param options.confirmed whether `confirmed` is told: by GET only, as at the original
 */
export function authenticationMethodView(
  row: AuthenticationMethodRow,
  options: { masked: boolean; confirmed: boolean },
): AuthenticationMethodView {
  const { masked } = options
  return {
    id: wireMethodId(row),
    type: row.type as AuthenticationMethodView['type'], // only types of the list are ever stored
    ...(options.confirmed && { confirmed: row.confirmed }),
    ...(row.name !== null && { name: row.name }),
    ...(row.phone_number !== null && {
      phone_number: masked ? maskPhoneNumber(row.phone_number) : row.phone_number,
    }),
    ...(row.email !== null && { email: masked ? maskEmail(row.email) : row.email }),
    ...(row.type === 'phone' && {
      preferred_authentication_method: channelOf(row.preferred),
      authentication_methods: row.channels.map((channel) => ({
        id: `${channel}|${row.id}`,
        type: channelOf(channel),
      })),
    }),
    ...row.document,
    created_at: iso(row.created_at),
    ...(row.enrolled_at !== null && { enrolled_at: iso(row.enrolled_at) }),
    ...(row.last_auth_at !== null && { last_auth_at: iso(row.last_auth_at) }),
  }
}

/** A device as Guardian shows it. */
export const enrollmentView = (tenant: Tenant, row: AuthenticationMethodRow): EnrollmentView => ({
  id: row.id,
  status: row.confirmed ? 'confirmed' : 'pending',
  ...(row.name !== null && { name: row.name, identifier: row.name }),
  ...(row.phone_number !== null && {
    phone_number: masksFactors(tenant) ? maskPhoneNumber(row.phone_number) : row.phone_number,
  }),
  ...(row.confirmed && { enrolled_at: iso(row.enrolled_at ?? row.created_at) }),
  ...(row.last_auth_at !== null && { last_auth: iso(row.last_auth_at) }),
})

/** The name that Guardian has for a kind of factor; undefined for kinds that are none of Guardian's. */
const guardianMethods: Readonly<Record<string, UserEnrollmentView['auth_method']>> = {
  phone: 'sms',
  totp: 'authenticator',
  'webauthn-roaming': 'webauthn-roaming',
}

/** Whether a device is an enrolment in Guardian's sense. */
export const isEnrollment = (row: AuthenticationMethodRow): boolean =>
  guardianMethods[row.type] !== undefined

/** A device in the list of a user's enrolments. A number that is called is reported as `sms` too. */
export function userEnrollmentView(
  tenant: Tenant,
  row: AuthenticationMethodRow,
): UserEnrollmentView {
  const method = guardianMethods[row.type] ?? 'guardian'
  return { ...enrollmentView(tenant, row), type: method, auth_method: method }
}

const channelOf = (channel: string | null) => (channel === 'voice' ? 'voice' : 'sms')

const iso = (time: number): string => new Date(time).toISOString()
