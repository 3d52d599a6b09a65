import type { Tenant } from '../domain/tenant.ts'
import type { UserRow } from '../store/users.ts'
import { claimsOfScope } from './scopes.ts'

/** What a token needs to know of a person. */
export type ClaimsUser = Pick<
  UserRow,
  | 'user_id'
  | 'connection'
  | 'phone_number'
  | 'phone_verified'
  | 'email'
  | 'profile'
  | 'created_at'
  | 'updated_at'
>

/**
 * The claims of a person that the granted scopes open, for the ID token and `/userinfo` alike. Without
 * `phone` there is no phone claim, although `name` may show the number; `updated_at` is a string.
 *
 * Source: authentication-api 2.1 and 2.3.
 */
export function profileClaims(
  tenant: Tenant,
  user: ClaimsUser,
  scopes: readonly string[],
): Record<string, unknown> {
  const wanted = new Set(scopes.flatMap((scope) => claimsOfScope[scope] ?? []))
  if (wanted.size === 0) return {}
  const all = allClaims(tenant, user)
  const claims: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(all)) {
    if (wanted.has(name) && value !== undefined && value !== null) claims[name] = value
  }
  return claims
}

/** In the order in which tokens show them. */
function allClaims(tenant: Tenant, user: ClaimsUser): Record<string, unknown> {
  const { profile } = user
  return {
    name: profile.name ?? user.email ?? user.phone_number,
    given_name: profile.given_name,
    family_name: profile.family_name,
    middle_name: profile.middle_name,
    nickname: profile.nickname ?? '',
    picture: profile.picture ?? `${tenant.url}/assets/avatar.svg`,
    created_at: new Date(user.created_at).toISOString(),
    updated_at: new Date(user.updated_at).toISOString(),
    email: user.email,
    email_verified: user.email === null ? undefined : profile.email_verified === true,
    phone_number: user.phone_number,
    phone_number_verified: user.phone_number === null ? undefined : user.phone_verified === true,
    address: profile.address,
    identities: [identity(user)],
  }
}

/** `sms|0123…` is the person `0123…` at the provider `sms`. */
function identity(user: ClaimsUser): Record<string, unknown> {
  const bar = user.user_id.indexOf('|')
  return {
    provider: user.user_id.slice(0, bar),
    user_id: user.user_id.slice(bar + 1),
    connection: user.connection,
    isSocial: false,
  }
}
