import { type PhoneNumber, parsePhoneNumber } from '../base/phone-number.ts'
import { randomHex } from '../base/random.ts'
import { passwordlessFlow as flow, passwordlessOtpGrant } from '../contract/passwordless.ts'
import { type GuessResult, guessCode, type RefreshTokenToStore } from '../store/challenges.ts'
import { isOnAllowList } from './allow-list.ts'
import { codeHash, normalizeCode } from './codes.ts'
import type { Deps } from './deps.ts'
import { mfaRequired } from './mfa-required-log.ts'
import { allowsSignup } from './passwordless-connection.ts'
import { endPhoneBackoff } from './phone-backoff.ts'
import { recipientHash } from './recipients.ts'
import type { Client, Connection, Tenant } from './tenant.ts'
import { loggedNumber, tenantLogRow } from './tenant-logs.ts'
import { newPhoneProfile } from './user-profile.ts'

/** An attempt to exchange a code. */
export type PasswordlessFinish = {
  client: Client
  connection: Connection
  phone: PhoneNumber
  otp: string
  ip: string
  userAgent: string
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
  const { client, connection, phone } = finish
  const number = phone.e164
  const log = {
    client_id: client.clientId,
    client_name: client.name,
    connection: connection.name,
    connection_id: connection.id,
    ip: finish.ip,
    user_agent: finish.userAgent,
    user_name: loggedNumber(number),
    strategy: 'sms',
    strategy_type: 'passwordless',
    scope: finish.scope,
    ...(finish.audience !== undefined && { audience: finish.audience }),
  }
  const hash = recipientHash(tenant, number)
  const guessed = await guessCode(deps.db, {
    tenantId: tenant.id,
    connection: connection.name,
    purpose: flow,
    recipientHash: hash,
    codeHash: codeHash(
      tenant,
      { connection: connection.name, purpose: flow, e164: number },
      normalizeCode(finish.otp),
    ),
    now: deps.clock.now(),
    budget: guessBudget(tenant, connection, finish.ip),
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
        description: 'Wrong phone number or verification code.',
        ...log,
      }),
      blocked: tenantLogRow(deps, tenant, { type: 'f', description: 'user is blocked', ...log }),
      budget: tenantLogRow(deps, tenant, {
        type: 'limit_wc',
        description: 'Too many wrong codes for this number',
        ...log,
      }),
    },
  })
  if (guessed.outcome === 'right') await endPhoneBackoff(deps, tenant, hash)
  return guessed
}

const signedIn = { type: 's', description: 'Signed in' } as const

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
