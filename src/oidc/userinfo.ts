import { AppError } from '../base/app-error.ts'
import type { Deps } from '../domain/deps.ts'
import type { Tenant } from '../domain/tenant.ts'
import { findUser } from '../store/users.ts'
import { readUserinfoToken } from './access-token.ts'
import { profileClaims } from './claims.ts'

/**
 * What a token opens of its person. The person is read each time: a token outlives a deletion or a
 * block, its claims do not.
 *
 * Source: authentication-api 1.11.
 *
 * @param request.onClientId told the token's client as soon as it is known
 * @throws AppError `invalid_token` or `token_scope_missing`
 */
export async function userinfo(
  deps: Deps,
  tenant: Tenant,
  request: { authorization: string | undefined; onClientId?: (clientId: string) => void },
): Promise<Record<string, unknown>> {
  const bearer = /^bearer +(\S+) *$/i.exec(request.authorization ?? '')?.[1]
  const token = bearer === undefined ? undefined : await readUserinfoToken(deps, tenant, bearer)
  if (token === undefined) throw new AppError('invalid_token')
  request.onClientId?.(token.clientId)
  if (!token.scopes.includes('openid')) throw new AppError('token_scope_missing')
  const user = await findUser(deps.db, tenant.id, token.subject)
  if (user === undefined || user.blocked === true) throw new AppError('invalid_token')
  return { sub: user.user_id, ...profileClaims(tenant, user, token.scopes) }
}
