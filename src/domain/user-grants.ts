import type { RefreshTokenView } from '../contract/user-grants.ts'
import { neverExpires } from '../store/refresh-tokens.ts'
import {
  deleteRefreshTokensOfUser,
  listRefreshTokensOfUser,
  type UserRefreshTokenRow,
} from '../store/user-grants.ts'
import { assertUser } from './authentication-methods.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/** A token and its place in the list. */
export type ListedRefreshToken = { view: RefreshTokenView; createdAt: number; id: string }

/** What a person's logins still give, one entry for each login. @throws AppError `user_not_found` */
export async function listUserRefreshTokens(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  page: { limit: number; after?: readonly [createdAt: number, id: string] },
): Promise<ListedRefreshToken[]> {
  await assertUser(deps, tenant, userId)
  const rows = await listRefreshTokensOfUser(deps.db, tenant.id, {
    userId,
    now: deps.clock.now(),
    after: page.after,
    limit: page.limit,
  })
  return rows.map((row) => ({
    view: viewOf(tenant, row),
    createdAt: row.family_issued_at,
    id: row.family_id,
  }))
}

/** Ends every refresh token of a person. @throws AppError `user_not_found` */
export async function revokeUserRefreshTokens(
  deps: Deps,
  tenant: Tenant,
  userId: string,
): Promise<void> {
  await assertUser(deps, tenant, userId)
  while ((await deleteRefreshTokensOfUser(deps.db, tenant.id, userId)) > 0) {}
}

const viewOf = (tenant: Tenant, row: UserRefreshTokenRow): RefreshTokenView => ({
  id: row.family_id,
  user_id: row.user_id,
  created_at: iso(row.family_issued_at),
  expires_at: row.expires_at >= neverExpires ? null : iso(row.expires_at),
  client_id: row.client_id,
  session_id: null,
  rotating: row.rotating,
  resource_servers: [{ audience: row.audience ?? `${tenant.url}/userinfo`, scopes: row.scope }],
  last_exchanged_at: row.generation === 0 ? null : iso(row.issued_at),
})

const iso = (time: number): string => new Date(time).toISOString()
