import { AppError } from '../../base/app-error.ts'
import { passwordlessOtpGrant } from '../../contract/passwordless.ts'
import type { Deps } from '../../domain/deps.ts'
import { mfaRequirement } from '../../domain/mfa-requirement.ts'
import { passwordlessConnection } from '../../domain/passwordless-connection.ts'
import {
  finishPasswordless,
  guessReturnsS,
  readUsername,
  wrongCode,
} from '../../domain/passwordless-finish.ts'
import { limitRefreshTokens, newRefreshToken } from '../../domain/refresh-tokens.ts'
import type { Client, Connection, Tenant } from '../../domain/tenant.ts'
import { writeTenantLog } from '../../domain/tenant-logs.ts'
import { findUserIdByPhone } from '../../store/users.ts'
import { issueTokens } from '../issue-tokens.ts'
import { requireSecondFactor } from '../mfa-required.ts'
import { grantScopes, mfaAudience, requestedApi } from '../scopes.ts'
import { type Grant, type GrantRequest, grantLog, requiredParameter } from './grant.ts'

/**
 * Exchanges a code for tokens. Everything that can be refused without a guess is refused before it;
 * the guess and all that it changes is one statement; the tokens are made after it.
 *
 * Source: authentication-api 1.3.1.
 */
export const passwordlessOtp: Grant = {
  name: passwordlessOtpGrant,

  async handle(deps, tenant, request) {
    const { client, parameters } = request
    const username = requiredParameter(request, 'username')
    const otp = requiredParameter(request, 'otp')
    const realm = requiredParameter(request, 'realm')
    const connection = enabledConnection(tenant, client, realm)
    const api = await requestedApi(tenant, parameters.audience)
    const scopes = await grantScopes(deps, tenant, {
      client,
      requested: request.scopes ?? [],
      api,
    })
    const phone = readUsername(username)
    if (phone === undefined) return refuseNoNumber(deps, tenant, request, connection)

    const scope = scopes.join(' ')
    const audience = api?.identifier
    const requirement = await mfaRequirement(
      deps,
      tenant,
      async () => {
        const { id: tenantId } = tenant
        return (await findUserIdByPhone(deps.db, tenantId, connection.name, phone.e164))?.user_id
      },
      { managesFactors: audience === mfaAudience(tenant) },
    )
    const refresh =
      !requirement.required && scopes.includes('offline_access')
        ? newRefreshToken(deps, client, { scope, audience })
        : undefined
    const result = await finishPasswordless(deps, tenant, {
      client,
      connection,
      phone,
      otp,
      ip: request.ip,
      userAgent: request.userAgent,
      scope,
      audience,
      refreshToken: refresh?.stored,
      secondFactor: requirement.required,
    })
    if (result.outcome !== 'right') return refuse(result.outcome)
    if (requirement.required) {
      return requireSecondFactor(deps, tenant, {
        client,
        userId: result.user.user_id,
        requirements: requirement.requirements,
        request: {
          scopes,
          audience: audience ?? null,
          connection: connection.name,
          grantType: passwordlessOtpGrant,
        },
      })
    }
    if (refresh !== undefined) {
      limitRefreshTokens(deps, tenant, {
        userId: result.user.user_id,
        clientId: client.clientId,
      })
    }
    return issueTokens(deps, tenant, {
      client,
      user: result.user,
      api,
      scopes,
      refreshToken: refresh?.token,
    })
  },
}

function enabledConnection(tenant: Tenant, client: Client, realm: string): Connection {
  const connection = passwordlessConnection(tenant, client, realm)
  if (typeof connection === 'object') return connection
  throw new AppError('invalid_request', {
    message: {
      unknown: 'Connection does not exist',
      disabled: 'Connection is disabled',
      not_passwordless: 'The strategy of the connection is not passwordless',
    }[connection],
  })
}

function refuse(outcome: 'wrong' | 'blocked' | 'budget'): never {
  if (outcome === 'blocked') throw new AppError('user_blocked')
  if (outcome === 'budget') throw new AppError('too_many_attempts', { retryAfterS: guessReturnsS })
  throw new AppError('invalid_grant', { message: wrongCode })
}

/** What can be no number has no code and no budget, but the attempt is told like any other. */
async function refuseNoNumber(
  deps: Deps,
  tenant: Tenant,
  request: GrantRequest,
  connection: Connection,
): Promise<never> {
  await writeTenantLog(deps, tenant, {
    type: 'fepotpft',
    description: wrongCode,
    ...grantLog(request),
    connection: connection.name,
    connection_id: connection.id,
    strategy: 'sms',
    strategy_type: 'passwordless',
  })
  throw new AppError('invalid_grant', { message: wrongCode })
}
