import { createHash } from 'node:crypto'
import { AppError } from '../../base/app-error.ts'
import { tokenHash } from '../../base/secret-box.ts'
import type { Deps } from '../../domain/deps.ts'
import {
  limitRefreshTokens,
  newRefreshToken,
  revokeRefreshTokenFamily,
} from '../../domain/refresh-tokens.ts'
import type { Tenant } from '../../domain/tenant.ts'
import { loggedNumber, writeTenantLog } from '../../domain/tenant-logs.ts'
import { spendAuthorizationCode } from '../../store/authorization-codes.ts'
import { findOidcRecord, type OidcRecordRow } from '../../store/oidc-records.ts'
import type { UserRow } from '../../store/users.ts'
import type { CodeDetails } from '../adapter.ts'
import { issueTokens } from '../issue-tokens.ts'
import { grantScopes, requestedApi } from '../scopes.ts'
import { type Grant, type GrantRequest, grantLog, requiredParameter } from './grant.ts'

/** The same for one that is unknown, used, over or another client's. */
const invalidCode = 'Invalid authorization code'
/** Compared literally by SDKs. */
const wrongVerifier = 'Failed to verify code verifier'

/** What the library wrote of a code, as far as it matters here. */
type StoredCode = CodeDetails & {
  redirectUri: string
  sessionUid: string
  codeChallenge?: string
  nonce?: string
  authTime?: number
}

const longestCode = 256

/**
 * Exchanges a code that `/authorize` gave. Everything that can be refused is refused before the code is
 * spent; spending it and storing the refresh token is one statement; the tokens are made after it. A
 * code that comes again was seen by somebody else: what it was exchanged for ends.
 *
 * Source: authentication-api 1.3.4.
 */
export const authorizationCode: Grant = {
  name: 'authorization_code',

  async handle(deps, tenant, request) {
    const code = requiredParameter(request, 'code')
    try {
      return await exchange(deps, tenant, request, code)
    } catch (error) {
      if (error instanceof AppError) {
        await writeTenantLog(deps, tenant, {
          ...{ type: 'feacft', description: error.message },
          ...grantLog(request),
        })
      }
      throw error
    }
  },
}

async function exchange(deps: Deps, tenant: Tenant, request: GrantRequest, code: string) {
  const { client } = request
  if (code.length > longestCode) throw refuse(invalidCode)
  const key = { tenantId: tenant.id, model: 'AuthorizationCode', idHash: tokenHash(code) }
  const row = await findOidcRecord(deps.db, key, deps.clock.now())
  if (row === undefined || row.client_id !== client.clientId) throw refuse(invalidCode)
  const stored = row.payload as StoredCode // written by the adapter only
  if (row.consumed_at !== null) return endWhatItGave(deps, tenant, row)
  assertSameRequest(stored, request)

  const { audience, scopes: requested } = stored.login_request
  const api = await requestedApi(tenant, audience ?? undefined)
  const scopes = await grantScopes(deps, tenant, { client, requested, api })
  const scope = scopes.join(' ')
  const refresh = scopes.includes('offline_access')
    ? newRefreshToken(deps, client, { scope, audience: api?.identifier })
    : undefined
  const user = await spendAuthorizationCode(deps.db, {
    ...{ tenantId: tenant.id, codeHash: key.idHash, clientId: client.clientId },
    now: deps.clock.now(),
    refreshToken: refresh?.stored ?? null,
  })
  if (user === undefined) {
    // Spent a moment ago by another exchange, or the person is gone.
    return endWhatItGave(deps, tenant, await findOidcRecord(deps.db, key, deps.clock.now()))
  }
  if (refresh !== undefined) {
    limitRefreshTokens(deps, tenant, { userId: user.user_id, clientId: client.clientId })
  }
  const [reply] = await Promise.all([
    issueTokens(deps, tenant, {
      ...{ client, user, api, scopes, refreshToken: refresh?.token },
      login: {
        sid: stored.sessionUid,
        nonce: stored.nonce,
        authTime: stored.login_request.wantsAuthTime ? stored.authTime : undefined,
        secondFactor: stored.second_factor,
      },
    }),
    tellExchange(deps, tenant, request, { user, scope, audience: api?.identifier }),
  ])
  return reply
}

/** @throws AppError `invalid_grant` when the exchange is not that of whoever began the login */
function assertSameRequest(stored: StoredCode, { parameters }: GrantRequest): void {
  const { redirect_uri, code_verifier } = parameters
  if (redirect_uri !== undefined && redirect_uri !== stored.redirectUri) {
    throw refuse('The redirect URI is wrong.')
  }
  const challenge = stored.codeChallenge
  if (challenge === undefined && code_verifier === undefined) return
  // A verifier without a challenge: the challenge was taken out of the request on its way.
  const given = createHash('sha256')
    .update(code_verifier ?? '')
    .digest('base64url')
  if (given !== challenge) throw refuse(wrongVerifier)
}

const refuse = (message: string) => new AppError('invalid_grant', { message })

async function endWhatItGave(
  deps: Deps,
  tenant: Tenant,
  row: OidcRecordRow | undefined,
): Promise<never> {
  if (row && row.family_id !== null) await revokeRefreshTokenFamily(deps, tenant, row.family_id)
  throw refuse(invalidCode)
}

const tellExchange = (
  deps: Deps,
  tenant: Tenant,
  request: GrantRequest,
  exchanged: { user: UserRow; scope: string; audience: string | undefined },
): Promise<void> => {
  const { user, scope, audience } = exchanged
  const number = user.phone_number
  return writeTenantLog(deps, tenant, {
    type: 'seacft',
    description: 'Authorization code for tokens',
    ...grantLog(request),
    ...{ connection: user.connection, user_id: user.user_id, scope },
    ...(number !== null && { user_name: loggedNumber(number) }),
    ...(audience !== undefined && { audience }),
  })
}
