import { type PhoneNumber, parsePhoneNumber } from '../base/phone-number.ts'
import { randomHex } from '../base/random.ts'
import { passwordlessFlow as flow, passwordlessOtpGrant } from '../contract/passwordless.ts'
import {
  type Attempt,
  type CheckResult,
  checkCode,
  type GuessResult,
  guessCode,
  guessRefillMs,
  type RefreshTokenToStore,
} from '../store/challenges.ts'
import { isOnAllowList } from './allow-list.ts'
import { codeHash, normalizeCode } from './codes.ts'
import type { Deps } from './deps.ts'
import { mfaRequired } from './mfa-required-log.ts'
import { allowsSignup } from './passwordless-connection.ts'
import { endPhoneBackoff } from './phone-backoff.ts'
import { recipientHash } from './recipients.ts'
import type { Client, Connection, Tenant } from './tenant.ts'
import { loggedNumber, requestLog, tenantLogRow, writeTenantLog } from './tenant-logs.ts'
import { newPhoneProfile } from './user-profile.ts'

/** A code that somebody typed, and where. */
export type TypedCode = {
  client: Client
  connection: Connection
  phone: PhoneNumber
  otp: string
  ip: string
  userAgent: string
}

/** An attempt to exchange a code. */
export type PasswordlessFinish = TypedCode & {
  scope: string
  audience: string | undefined
  refreshToken: RefreshTokenToStore | undefined
  /** A second factor has to follow: the person is not signed in yet. */
  secondFactor: boolean
  /** The login on the pages that the code was typed in; absent: an exchange without a page. */
  loginHash?: Buffer
}

/**
 * Judges a code and signs the person in, in one statement (`store/challenges.ts`).
 *
 * @returns `right` with the user, or why not; `budget` when the number has no guesses left
 */
export async function finishPasswordless(
  deps: Deps,
  tenant: Tenant,
  finish: PasswordlessFinish,
): Promise<GuessResult> {
  const { connection } = finish
  const number = finish.phone.e164
  const log = {
    ...codeLog(finish),
    scope: finish.scope,
    ...(finish.audience !== undefined && { audience: finish.audience }),
  }
  const attempt = attemptOf(deps, tenant, finish)
  const guessed = await guessCode(deps.db, {
    ...attempt,
    phoneNumber: number,
    allowSignup: allowsSignup(connection),
    newUserId: `sms|${randomHex(deps.random, 24)}`,
    newProfile: newPhoneProfile(tenant, number),
    ip: finish.ip,
    refreshToken: finish.refreshToken ?? null,
    loginHash: finish.loginHash ?? null,
    logs: {
      signedUp: tenantLogRow(deps, tenant, { type: 'ss', description: 'Signed up', ...log }),
      signedIn: tenantLogRow(deps, tenant, {
        ...log,
        ...(finish.secondFactor ? mfaRequired(passwordlessOtpGrant) : signedIn),
      }),
      wrong: tenantLogRow(deps, tenant, {
        type: finish.loginHash === undefined ? 'fepotpft' : 'f',
        description: wrongCode,
        ...log,
      }),
      blocked: tenantLogRow(deps, tenant, { type: 'f', description: 'user is blocked', ...log }),
      budget: tenantLogRow(deps, tenant, {
        type: 'limit_wc',
        description: noGuessesLeft,
        ...log,
      }),
    },
  })
  if (guessed.outcome === 'right') await endPhoneBackoff(deps, tenant, attempt.recipientHash)
  return guessed
}

const signedIn = { type: 's', description: 'Signed in' } as const

/** Compared literally by SDKs; the same for a wrong, used, expired and unknown one. */
export const wrongCode = 'Wrong phone number or verification code.'
/** In seconds: so long after a wrong code its guess is there again (product ruling 3). */
export const guessReturnsS = guessRefillMs / 1000
const noGuessesLeft = 'Too many wrong codes for this number'

/**
 * Says whether a code would let the person in, and leaves it to be used. A wrong one counts, and is
 * logged, like one that was to be used.
 */
export async function checkPasswordless(
  deps: Deps,
  tenant: Tenant,
  typed: TypedCode,
): Promise<CheckResult> {
  const outcome = await checkCode(deps.db, attemptOf(deps, tenant, typed))
  if (outcome !== 'right') {
    await writeTenantLog(deps, tenant, {
      ...(outcome === 'budget'
        ? { type: 'limit_wc', description: noGuessesLeft }
        : { type: 'fepotpft', description: wrongCode }),
      ...codeLog(typed),
    })
  }
  return outcome
}

/** The number, the code and the budget of guesses as the store judges them. */
function attemptOf(deps: Deps, tenant: Tenant, typed: TypedCode): Attempt {
  const { connection, phone, otp, ip } = typed
  const number = phone.e164
  return {
    tenantId: tenant.id,
    connection: connection.name,
    purpose: flow,
    recipientHash: recipientHash(tenant, number),
    codeHash: codeHash(
      tenant,
      { connection: connection.name, purpose: flow, e164: number },
      normalizeCode(otp),
    ),
    now: deps.clock.now(),
    budget: guessBudget(tenant, connection, ip),
  }
}

/** What every log entry of a typed code says. */
const codeLog = (typed: TypedCode) => ({
  ...requestLog(typed),
  user_name: loggedNumber(typed.phone.e164),
  strategy: 'sms',
  strategy_type: 'passwordless',
})

/**
 * How many wrong codes a number has (product ruling 3), by the tenant's brute-force settings; null
 * when those are off for the tenant, the connection or the address.
 */
function guessBudget(tenant: Tenant, connection: Connection, ip: string): number | null {
  const { enabled, shields, allowlist, max_attempts } = tenant.protection.brute_force
  const off =
    !enabled ||
    !shields.includes('block') ||
    connection.options.brute_force_protection === false ||
    isOnAllowList(allowlist, ip)
  return off ? null : max_attempts
}

/** The number of an exchange; undefined for what can be no number, which answers like a wrong one. */
export const readUsername = (username: string): PhoneNumber | undefined =>
  parsePhoneNumber(username)
