import { AppError } from '../../base/app-error.ts'
import { passwordGrant, passwordRealmGrant } from '../../contract/password-grants.ts'
import type { TokenReply } from '../../contract/tokens.ts'
import type { Deps } from '../../domain/deps.ts'
import { mfaRequired } from '../../domain/mfa-required-log.ts'
import { mfaRequirement } from '../../domain/mfa-requirement.ts'
import { realmConnection } from '../../domain/password-connection.ts'
import {
  checkPassword,
  finishPasswordLogin,
  type PasswordLogin,
  type PasswordResult,
  passwordLog,
  signedIn,
} from '../../domain/password-login.ts'
import { limitRefreshTokens, newRefreshToken } from '../../domain/refresh-tokens.ts'
import type { Client, Connection, ResourceServer, Tenant } from '../../domain/tenant.ts'
import { type LogEntry, writeTenantLog } from '../../domain/tenant-logs.ts'
import { issueTokens } from '../issue-tokens.ts'
import { requireSecondFactor } from '../mfa-required.ts'
import { apiScopes, grantScopes, mfaAudience, requestedApi } from '../scopes.ts'
import { type Grant, type GrantRequest, requiredParameter } from './grant.ts'
import { passwordlessOtp } from './passwordless-otp.ts'

/** Compared literally by SDKs; the same for numbers and names, and for what nobody is called. */
const wrongPassword = 'Wrong email or password.'

/** In the tenant's `default_directory`. Source: authentication-api 1.3.2. */
export const password: Grant = {
  name: passwordGrant,

  handle(deps, tenant, request) {
    const realm = tenant.settings.default_directory as string | undefined // a string where set
    if (!realm) {
      throw new AppError('invalid_request', {
        message: 'Authorization server not configured with default connection.',
      })
    }
    return signIn(deps, tenant, request, { realm, name: passwordGrant })
  },
}

/** In the connection that `realm` names. Source: authentication-api 1.3.2. */
export const passwordRealm: Grant = {
  name: passwordRealmGrant,

  handle(deps, tenant, request) {
    const realm = requiredParameter(request, 'realm')
    return signIn(deps, tenant, request, { realm, name: passwordRealmGrant })
  },
}

async function signIn(
  deps: Deps,
  tenant: Tenant,
  request: GrantRequest,
  grant: { realm: string; name: string },
): Promise<TokenReply> {
  const { client, parameters } = request
  const identifier = requiredParameter(request, 'username')
  const secret = requiredParameter(request, 'password')
  const connection = enabledConnection(tenant, client, grant.realm)
  if (connection.strategy !== 'auth0') {
    // The password of a phone connection is a code.
    const { name } = connection
    const asCode = { ...parameters, otp: secret, realm: name }
    return passwordlessOtp.handle(deps, tenant, { ...request, parameters: asCode })
  }
  const api = await requestedApi(tenant, parameters.audience)
  const scopes = await grantScopes(deps, tenant, {
    client,
    requested: askedScopes(request.scopes ?? [], api),
    api,
  })
  const scope = scopes.join(' ')
  const audience = api?.identifier
  const { ip, userAgent } = request
  const login: PasswordLogin = {
    ...{ client, connection, identifier, ip, userAgent },
    password: secret,
  }
  const checked = await checkPassword(deps, tenant, login)
  const asked = { scope, ...(audience !== undefined && { audience }) }
  if (checked.outcome !== 'right') {
    // Of too many tries `checkPassword` has told, once a minute.
    if (checked.outcome !== 'budget') {
      await writeTenantLog(deps, tenant, { ...failed(login, checked.outcome), ...asked })
    }
    return refuse(checked)
  }
  const { user_id: userId } = checked.user
  const requirement = await mfaRequirement(deps, tenant, async () => userId, {
    managesFactors: audience === mfaAudience(tenant),
  })
  if (requirement.required) {
    const logs = [{ ...mfaRequired(grant.name), ...asked }]
    const user = await finishPasswordLogin(deps, tenant, login, checked, { logs })
    if (user === undefined) throw new AppError('user_blocked')
    return requireSecondFactor(deps, tenant, {
      ...{ client, userId, requirements: requirement.requirements },
      request: {
        scopes,
        audience: audience ?? null,
        connection: connection.name,
        grantType: grant.name,
      },
    })
  }
  const refresh = scopes.includes('offline_access')
    ? newRefreshToken(deps, client, { scope, audience })
    : undefined
  const user = await finishPasswordLogin(deps, tenant, login, checked, {
    refreshToken: refresh?.stored,
    logs: [
      { ...signedIn, ...asked },
      { type: 'sepft', description: 'Password exchanged for tokens', ...asked },
    ],
  })
  if (user === undefined) throw new AppError('user_blocked')
  if (refresh !== undefined) limitRefreshTokens(deps, tenant, { userId, clientId: client.clientId })
  return issueTokens(deps, tenant, { client, user, api, scopes, refreshToken: refresh?.token })
}

/**
 * What is asked for, where the request leaves it open: no scope of the API means all of them, `openid`
 * alone means all that OIDC tells of a person. Source: authentication-api 1.3.2.
 */
function askedScopes(requested: readonly string[], api: ResourceServer | undefined): string[] {
  const ofApi = api === undefined ? [] : apiScopes(api)
  const isOpenidAlone = requested.length === 1 && requested[0] === 'openid'
  return [
    ...new Set([
      ...requested,
      ...(isOpenidAlone ? ['profile', 'email', 'phone', 'address'] : []),
      ...(requested.some((scope) => ofApi.includes(scope)) ? [] : ofApi),
    ]),
  ]
}

function enabledConnection(tenant: Tenant, client: Client, realm: string): Connection {
  const connection = realmConnection(tenant, client, realm)
  if (typeof connection === 'object') return connection
  throw new AppError('invalid_request', {
    message: { unknown: 'Connection does not exist', disabled: 'Connection is disabled' }[
      connection
    ],
  })
}

type Refused = Exclude<PasswordResult, { outcome: 'right' }>

const failed = (login: PasswordLogin, outcome: 'wrong' | 'blocked'): LogEntry => ({
  ...passwordLog(login),
  type: 'fepft',
  description: outcome === 'wrong' ? wrongPassword : 'user is blocked',
})

function refuse(refused: Refused): never {
  if (refused.outcome === 'blocked') throw new AppError('user_blocked')
  if (refused.outcome === 'budget') {
    throw new AppError('too_many_attempts', {
      message: 'Too many wrong passwords. Wait for some minutes before retrying.',
      retryAfterS: refused.retryAfterS,
    })
  }
  throw new AppError('invalid_grant', { message: wrongPassword })
}
