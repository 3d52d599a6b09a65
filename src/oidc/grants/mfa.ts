import { AppError } from '../../base/app-error.ts'
import { mfaOobGrant, mfaOtpGrant, mfaRecoveryCodeGrant } from '../../contract/mfa.ts'
import type { TokenReply } from '../../contract/tokens.ts'
import type { Deps } from '../../domain/deps.ts'
import {
  finishOtpChallenge,
  finishPhoneChallenge,
  type MfaFinish,
  type MfaHandleProblem,
  useRecoveryCode,
} from '../../domain/mfa-finish.ts'
import { limitRefreshTokens, newRefreshToken } from '../../domain/refresh-tokens.ts'
import type { Tenant } from '../../domain/tenant.ts'
import type { LogEntry } from '../../domain/tenant-logs.ts'
import type { MfaGuessResult } from '../../store/mfa-guesses.ts'
import { issueTokens } from '../issue-tokens.ts'
import { type MfaBearer, readMfaBearer } from '../mfa-bearer.ts'
import { grantScopes, requestedApi } from '../scopes.ts'
import { type Grant, type GrantRequest, grantLog, requiredParameter } from './grant.ts'

/** A wrong guess comes back after this long. */
const guessReturnsS = 360

type Result = (MfaGuessResult | { outcome: MfaHandleProblem }) & { recoveryCode?: string }

/** What the three grants differ in. */
type Kind = {
  name: string
  /** Types of the log for an exchange that succeeded and one that failed. */
  logs: readonly [LogEntry['type'], LogEntry['type']]
  /** Compared literally by SDKs. */
  wrong: string
  /** Whether an access token that manages factors may stand for the `mfa_token`, to confirm a factor. */
  confirms: boolean
  guess(deps: Deps, tenant: Tenant, finish: MfaFinish, request: GrantRequest): Promise<Result>
}

/**
 * Completes a grant that waits for a second factor. The guess and all that it changes is one statement;
 * the tokens are made after it.
 *
 * Source: authentication-api 1.3.3.
 */
const mfaGrant = (kind: Kind): Grant => ({
  name: kind.name,

  async handle(deps, tenant, request) {
    const token = requiredParameter(request, 'mfa_token')
    if (token.includes('.') && !kind.confirms) throw malformedToken()
    const { client } = request
    const waiting = await readMfaBearer(deps, tenant, token, { scope: 'enroll', client }).catch(
      (error: unknown) => {
        throw error instanceof AppError && error.code === 'invalid_token' ? malformedToken() : error
      },
    )
    const { audience } = waiting.request
    const api = audience === null ? undefined : await requestedApi(tenant, audience)
    const scopes = await grantScopes(deps, tenant, {
      client,
      requested: scopesOf(waiting, request),
      api,
    })
    const scope = scopes.join(' ')
    const refresh = scopes.includes('offline_access')
      ? newRefreshToken(deps, client, { scope, audience: api?.identifier })
      : undefined
    const result = await kind.guess(
      deps,
      tenant,
      {
        userId: waiting.userId,
        owner: waiting.owner,
        clientId: client.clientId,
        clientName: client.name,
        connection: waiting.request.connection,
        ip: request.ip,
        userAgent: request.userAgent,
        transactionHash: waiting.hash,
        mayAdd: waiting.by === 'access_token',
        refreshToken: refresh?.stored ?? null,
        logs: exchangeLogs(kind, waiting, request, { scope, audience: api?.identifier }),
      },
      request,
    )
    if (result.outcome !== 'right') return refuse(kind, result.outcome)
    const { user } = result
    if (refresh !== undefined) {
      limitRefreshTokens(deps, tenant, { userId: user.user_id, clientId: client.clientId })
    }
    const reply: TokenReply = await issueTokens(deps, tenant, {
      ...{ client, user, api, scopes },
      refreshToken: refresh?.token,
    })
    return {
      ...reply,
      ...(result.recoveryCode !== undefined && { recovery_code: result.recoveryCode }),
    }
  },
})

/** Text and call. */
export const mfaOob = mfaGrant({
  name: mfaOobGrant,
  logs: ['seoobft', 'feoobft'],
  wrong: 'Invalid binding_code.',
  confirms: true,
  guess: (deps, tenant, finish, request) => {
    const handle = requiredParameter(request, 'oob_code')
    const code = requiredParameter(request, 'binding_code')
    return finishPhoneChallenge(deps, tenant, { ...finish, handle, code })
  },
})

/** Authenticator apps. */
export const mfaOtp = mfaGrant({
  name: mfaOtpGrant,
  logs: ['seotpft', 'feotpft'],
  wrong: 'Invalid otp_code.',
  confirms: true,
  guess: (deps, tenant, finish, request) =>
    finishOtpChallenge(deps, tenant, { ...finish, code: requiredParameter(request, 'otp') }),
})

/** The answer to a lost phone. */
export const mfaRecoveryCode = mfaGrant({
  name: mfaRecoveryCodeGrant,
  logs: ['sercft', 'fercft'],
  wrong: 'MFA Authorization rejected.',
  confirms: false,
  guess: (deps, tenant, finish, request) =>
    useRecoveryCode(deps, tenant, {
      ...finish,
      code: requiredParameter(request, 'recovery_code'),
    }),
})

const malformedToken = () => new AppError('invalid_grant', { message: 'Malformed mfa_token' })

/** The scopes that were asked for at first, or the part of them that is asked for now. */
function scopesOf({ request }: MfaBearer, { scopes }: GrantRequest): readonly string[] {
  const isPart = scopes?.every((scope) => request.scopes.includes(scope))
  return scopes !== undefined && scopes.length > 0 && isPart ? scopes : request.scopes
}

function exchangeLogs(
  kind: Kind,
  waiting: MfaBearer,
  request: GrantRequest,
  granted: { scope: string; audience: string | undefined },
): MfaFinish['logs'] {
  const about = {
    ...grantLog(request),
    user_id: waiting.userId,
    ...(waiting.request.connection !== '' && { connection: waiting.request.connection }),
    scope: granted.scope,
    ...(granted.audience !== undefined && { audience: granted.audience }),
  }
  const [succeeded, failed] = kind.logs
  const signsIn = waiting.by === 'mfa_token'
  return [
    { on: 'right', entry: { ...about, type: succeeded } },
    ...(signsIn
      ? [{ on: 'right', entry: { ...about, type: 's', description: 'Signed in' } } as const]
      : []),
    { on: 'wrong', entry: { ...about, type: failed, description: kind.wrong } },
    { on: 'over', entry: { ...about, type: failed, description: 'The mfa_token was used' } },
  ]
}

function refuse(kind: Kind, outcome: Exclude<Result['outcome'], 'right'>): never {
  switch (outcome) {
    case 'malformed':
      throw new AppError('invalid_grant', { message: 'Malformed oob_code' })
    case 'foreign':
      throw new AppError('invalid_grant', {
        message: "The oob_code doesn't match the mfa_token",
      })
    case 'expired':
      throw new AppError('mfa_expired', { message: 'oob_code is expired' })
    case 'budget':
      throw new AppError('too_many_attempts', {
        message: 'Too many failed codes. Wait for some minutes before retrying.',
        retryAfterS: guessReturnsS,
      })
    case 'blocked':
      throw new AppError('user_blocked')
    case 'over':
      throw malformedToken()
    case 'wrong':
      throw new AppError('invalid_grant', { message: kind.wrong })
  }
}
