import type { UserRow } from '../store/users.ts'
import type { Tenant } from './tenant.ts'

/** What a user of a phone connection is called until somebody says otherwise. */
export const newPhoneProfile = (
  tenant: Pick<Tenant, 'url'>,
  phoneNumber: string,
): Record<string, unknown> => ({
  name: phoneNumber,
  nickname: '',
  picture: `${tenant.url}/assets/avatar.svg`,
})

/** What a person of a database is called until somebody says otherwise. Source: management-api 8.3. */
export const newDatabaseProfile = (
  tenant: Pick<Tenant, 'url'>,
  { email, username, phone_number }: Pick<UserRow, 'email' | 'username' | 'phone_number'>,
): Record<string, unknown> => ({
  name: email ?? username ?? phone_number,
  nickname: email?.split('@', 1)[0] ?? username ?? '',
  picture: `${tenant.url}/assets/avatar.svg`,
})

/** The members that were sent. */
export const present = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

/**
 * A user as `/api/v2/users` shows it. Members that were never set are left out, and the number is
 * whole: what is masked is masked elsewhere.
 */
export function userObject(user: UserRow): Record<string, unknown> {
  const [provider = '', ...rest] = user.user_id.split('|')
  return {
    created_at: iso(user.created_at),
    ...(user.email !== null && { email: user.email }),
    identities: [
      { connection: user.connection, user_id: rest.join('|'), provider, isSocial: false },
    ],
    ...user.profile,
    ...(user.phone_number !== null && { phone_number: user.phone_number }),
    ...(user.phone_verified !== null && { phone_verified: user.phone_verified }),
    ...(user.username !== null && { username: user.username }),
    updated_at: iso(user.updated_at),
    user_id: user.user_id,
    ...(user.user_metadata !== null && { user_metadata: user.user_metadata }),
    ...(user.app_metadata !== null && { app_metadata: user.app_metadata }),
    ...(user.blocked !== null && { blocked: user.blocked }),
    ...(user.last_ip !== null && { last_ip: user.last_ip }),
    ...(user.last_login !== null && { last_login: iso(user.last_login) }),
    ...(user.logins_count > 0 && { logins_count: user.logins_count }),
  }
}

const iso = (time: number): string => new Date(time).toISOString()

/**
 * Lays metadata over what is there, on the first level: objects inside are replaced, null removes a
 * key, an empty object removes all. Source: management-api 8.4.
 */
export function mergeMetadata(
  before: Readonly<Record<string, unknown>> | null,
  sent: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const merged = Object.keys(sent).length === 0 ? {} : { ...before, ...sent }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))
}

/** Empty `app_metadata` is none; empty `user_metadata` stays. Source: management-api 8.4, recorded. */
export const orNone = (metadata: Record<string, unknown>): Record<string, unknown> | null =>
  Object.keys(metadata).length === 0 ? null : metadata
