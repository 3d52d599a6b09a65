import { AppError } from '../../base/app-error.ts'
import type { ErrorCode } from '../../base/error-codes.ts'
import { exchangeRefreshToken } from '../../domain/refresh-tokens.ts'
import { loggedNumber, writeTenantLog } from '../../domain/tenant-logs.ts'
import { issueTokens } from '../issue-tokens.ts'
import { grantScopes, parseScope, requestedApi } from '../scopes.ts'
import { type Grant, grantLog, requiredParameter } from './grant.ts'

/**
 * Renews a person's tokens. The API is the one of the login; `audience` and `redirect_uri`, which SDKs
 * send, change nothing. A new refresh token comes only when the old one rotates.
 *
 * Source: authentication-api 1.3.5.
 */
export const refreshToken: Grant = {
  name: 'refresh_token',

  async handle(deps, tenant, request) {
    const { client } = request
    const token = requiredParameter(request, 'refresh_token')
    try {
      const login = await exchangeRefreshToken(deps, tenant, {
        client,
        token,
        scopes: request.scopes ?? [],
      })
      const api =
        login.audience === undefined ? undefined : await requestedApi(tenant, login.audience)
      const scopes = await grantScopes(deps, tenant, {
        client,
        requested: request.scopes ?? parseScope(login.scope),
        api,
      })
      const number = login.user.phone_number
      const [reply] = await Promise.all([
        issueTokens(deps, tenant, {
          client,
          user: login.user,
          api,
          scopes,
          refreshToken: login.refreshToken,
          gty: 'refresh_token',
        }),
        writeTenantLog(deps, tenant, {
          type: 'sertft',
          ...grantLog(request),
          connection: login.user.connection,
          user_id: login.user.user_id,
          ...(number !== null && { user_name: loggedNumber(number) }),
          ...(api !== undefined && { audience: api.identifier }),
          scope: scopes.join(' '),
        }),
      ])
      return reply
    } catch (error) {
      if (error instanceof AppError) {
        await writeTenantLog(deps, tenant, {
          type: 'fertft',
          description: failures[error.code] ?? error.message,
          ...grantLog(request),
        })
      }
      throw error
    }
  },
}

/** Where the error's own text repeats what was sent, or is none. */
const failures: Partial<Record<ErrorCode, string>> = {
  access_denied: 'The API of the login is closed to it now',
  user_blocked: 'user is blocked',
}
