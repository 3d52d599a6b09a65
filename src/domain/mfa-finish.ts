import { randomRecoveryCode } from '../base/random.ts'
import { findAuthenticationMethod } from '../store/authentication-methods.ts'
import type { RefreshTokenToStore } from '../store/challenges.ts'
import { openMfaGuesses } from '../store/mfa-challenges.ts'
import {
  guessMfa,
  type MfaGuessLog,
  type MfaGuessOutcome,
  type MfaGuessResult,
  type MfaProof,
} from '../store/mfa-guesses.ts'
import { normalizeCode } from './codes.ts'
import type { Deps } from './deps.ts'
import { readMfaHandle } from './mfa-handle.ts'
import { mfaGuessBudget } from './mfa-limits.ts'
import { otpProof } from './mfa-otp.ts'
import { type MfaSender, mfaCodeHash, senderLog } from './mfa-phone.ts'
import { countedTypes, mfaSettings } from './mfa-settings.ts'
import { endPhoneBackoff } from './phone-backoff.ts'
import { recipientHash } from './recipients.ts'
import { recoveryCodeHash } from './recovery-codes.ts'
import type { Tenant } from './tenant.ts'
import { type LogEntry, tenantLogRow } from './tenant-logs.ts'

/** Whose factor is guessed at, and what follows when it is right. */
export type MfaFinish = Omit<MfaSender, 'languages'> & {
  /** The grant that is completed; null for a page and for an access token that manages factors. */
  transactionHash: Uint8Array | null
  /** The ticket by which a person enrols without a sign-in; the right code uses it up. */
  ticketHash?: Uint8Array
  /** The person has proven itself before, so another device may be added. */
  mayAdd: boolean
  /** Stored when the guess is right. */
  refreshToken: RefreshTokenToStore | null
  /** Entries besides those of the factor itself, by what the guess came to. */
  logs: readonly { on: MfaGuessOutcome; entry: LogEntry }[]
}

/** A wrong value by which a code is asked about. */
export type MfaHandleProblem = 'malformed' | 'foreign' | 'expired'

/** Judges the code of a text or a call. A code that was replaced answers like a wrong one. */
export async function finishPhoneChallenge(
  deps: Deps,
  tenant: Tenant,
  finish: MfaFinish & { handle: string; code: string },
): Promise<MfaGuessResult | { outcome: MfaHandleProblem }> {
  const handle = readMfaHandle(tenant, finish.owner, finish.handle, deps.clock.now())
  if (typeof handle === 'string') return { outcome: handle }
  const code = normalizeCode(finish.code)
  const codeHash = mfaCodeHash(tenant, finish.userId, finish.handle, code)
  const result = await guess(deps, tenant, finish, {
    ...{ kind: 'phone', handleHash: handle.hash, codeHash },
  })
  if (result.outcome === 'right') await endPause(deps, tenant, result.methodId)
  return result
}

/** The number is proven: the next message to it may go at once. */
async function endPause(deps: Deps, tenant: Tenant, methodId: string): Promise<void> {
  const device = await findAuthenticationMethod(deps.db, tenant.id, methodId)
  if (device?.phone_number == null) return
  await endPhoneBackoff(deps, tenant, recipientHash(tenant, device.phone_number))
}

/** Judges the code of an authenticator app. Each of its codes is good once. */
export async function finishOtpChallenge(
  deps: Deps,
  tenant: Tenant,
  finish: MfaFinish & { code: string },
): Promise<MfaGuessResult> {
  const proof = await otpProof(deps, tenant, finish.userId, normalizeCode(finish.code))
  return guess(deps, tenant, finish, proof)
}

/** Judges a recovery code, which is used up by it. @returns with `right`, the one that replaces it */
export async function useRecoveryCode(
  deps: Deps,
  tenant: Tenant,
  finish: MfaFinish & { code: string },
): Promise<MfaGuessResult & { recoveryCode?: string }> {
  const next = randomRecoveryCode(deps.random)
  const result = await guess(deps, tenant, finish, {
    kind: 'recovery',
    codeHash: recoveryCodeHash(tenant, finish.userId, finish.code),
    nextHash: recoveryCodeHash(tenant, finish.userId, next),
  })
  return result.outcome === 'right' ? { ...result, recoveryCode: next } : result
}

async function guess(
  deps: Deps,
  tenant: Tenant,
  finish: MfaFinish,
  proof: MfaProof,
): Promise<MfaGuessResult> {
  const { userId } = finish
  await openMfaGuesses(deps.db, tenant.id, userId)
  const exclusiveTypes = finish.mayAdd ? null : countedTypes(await mfaSettings(deps, tenant))
  return guessMfa(deps.db, {
    tenantId: tenant.id,
    userId,
    now: deps.clock.now(),
    budget: mfaGuessBudget,
    proof,
    transactionHash: finish.transactionHash,
    ticketHash: finish.ticketHash ?? null,
    exclusiveTypes,
    refreshToken: finish.refreshToken,
    connection: finish.connection ?? '',
    logs: [
      ...factorLogs(deps, tenant, finish, proof),
      ...finish.logs.map(({ on, entry }) => ({ on, row: tenantLogRow(deps, tenant, entry) })),
    ],
  })
}

/** What is written of the factor itself. */
function factorLogs(deps: Deps, tenant: Tenant, finish: MfaFinish, proof: MfaProof): MfaGuessLog[] {
  const about = senderLog(finish)
  const row = (type: LogEntry['type'], description: string) =>
    tenantLogRow(deps, tenant, { ...about, type, description })
  if (proof.kind === 'recovery') {
    return [
      { on: 'right', row: row('gd_recovery_succeed', 'Recovery code accepted') },
      { on: 'wrong', row: row('gd_recovery_failed', 'Wrong recovery code') },
      { on: 'budget', row: row('gd_recovery_rate_limit_exceed', 'Too many wrong recovery codes') },
    ]
  }
  return [
    { on: 'right', onEnrolled: true, row: row('gd_enrollment_complete', 'Factor enrolled') },
    { on: 'right', row: row('gd_auth_succeed', 'Second factor accepted') },
    { on: 'wrong', row: row('gd_auth_failed', 'Wrong code') },
    { on: 'budget', row: row('gd_otp_rate_limit_exceed', 'Too many wrong codes') },
    { on: 'blocked', row: row('f', 'user is blocked') },
  ]
}
