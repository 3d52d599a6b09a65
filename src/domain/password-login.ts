import { hashPassword, isPassword, saltBytes } from '../base/password-hash.ts'
import { parsePhoneNumber } from '../base/phone-number.ts'
import type { RefreshTokenToStore } from '../store/challenges.ts'
import {
  findLoginCandidates,
  type LoginCandidate,
  signInByPassword,
} from '../store/user-passwords.ts'
import type { UserRow } from '../store/users.ts'
import { activeIdentifiers, loginNames } from './database-identifiers.ts'
import type { Deps } from './deps.ts'
import { countPasswordTry, forgetPasswordTries } from './password-limits.ts'
import type { Client, Connection, Tenant } from './tenant.ts'
import {
  type LogEntry,
  loggedNumber,
  requestLog,
  tenantLogRow,
  writeTenantLog,
} from './tenant-logs.ts'

/** A person who wants in with a password. */
export type PasswordLogin = {
  client: Client
  /** Of strategy `auth0`. */
  connection: Connection
  /** An address, a number or a name, whichever the connection knows people by. */
  identifier: string
  password: string
  ip: string
  userAgent: string
}

/**
 * What a password came to. `wrong` says nothing about whether there is such a person; `blocked` only
 * who knows the password learns; `budget` is for too many wrong ones, known or not.
 */
export type PasswordResult =
  | { outcome: 'right'; user: UserRow; passwordChangedAt: number }
  | { outcome: 'wrong' | 'blocked' }
  | { outcome: 'budget'; retryAfterS: number }

const longestIdentifier = 320
const longestPassword = 1000

/**
 * Compares a password, and writes the log when it may not pass. Nobody is signed in by it: that is
 * `finishPasswordLogin`, once a second factor was asked about.
 *
 * The work is the same for a wrong password, a person without one and a name that nobody has.
 */
export async function checkPassword(
  deps: Deps,
  tenant: Tenant,
  login: PasswordLogin,
): Promise<PasswordResult> {
  const { connection, identifier, password } = login
  if (identifier.length > longestIdentifier || password.length > longestPassword) {
    await writeTenantLog(deps, tenant, { ...passwordLog(login), ...unknownUser })
    return { outcome: 'wrong' }
  }
  const refused = await countPasswordTry(deps, tenant, login)
  if (refused !== undefined) {
    if (refused.isFirst) {
      await writeTenantLog(deps, tenant, {
        ...passwordLog(login),
        ...(refused.of === 'identifier' ? identifierIsBlocked : addressIsBlocked),
      })
    }
    return { outcome: 'budget', retryAfterS: refused.retryAfterS }
  }
  const names = loginNames(connection, identifier)
  const candidates = await findLoginCandidates(deps.db, tenant.id, connection.name, names)
  const meant = activeIdentifiers(connection)
    .map((name) => candidates.find((one) => one[name] !== null && one[name] === names[name]))
    .find((candidate) => candidate !== undefined)
  const proven = await withRightPassword(deps, meant, password)
  if (proven === undefined) {
    await writeTenantLog(deps, tenant, {
      ...passwordLog(login, meant),
      ...(meant === undefined ? unknownUser : wrongPassword),
    })
    return { outcome: 'wrong' }
  }
  await forgetPasswordTries(deps, tenant, login)
  const { password_hash: _, changed_at, ...user } = proven
  if (user.blocked) {
    await writeTenantLog(deps, tenant, { ...passwordLog(login, user), ...userIsBlocked })
    return { outcome: 'blocked' }
  }
  return { outcome: 'right', user, passwordChangedAt: changed_at }
}

/**
 * Signs a person in whose password was right: counts the login, stores the refresh token and writes the
 * log, in one statement.
 *
 * @param login what `checkPassword` was asked
 * @param checked what it answered
 * @returns undefined when the person was blocked, deleted or given another password meanwhile; that is in
 *   the log
 */
export async function finishPasswordLogin(
  deps: Deps,
  tenant: Tenant,
  login: PasswordLogin,
  checked: Extract<PasswordResult, { outcome: 'right' }>,
  finish: {
    /** Undefined when the client gets none, and while a second factor has to follow. */
    refreshToken?: RefreshTokenToStore | undefined
    /** What the log says: `signedIn`, or that a second factor is needed. */
    logs: readonly LogEntry[]
  },
): Promise<UserRow | undefined> {
  const about = passwordLog(login, checked.user)
  const user = await signInByPassword(deps.db, {
    tenantId: tenant.id,
    userId: checked.user.user_id,
    changedAt: checked.passwordChangedAt,
    now: deps.clock.now(),
    ip: login.ip,
    refreshToken: finish.refreshToken ?? null,
    logs: finish.logs.map((entry) => tenantLogRow(deps, tenant, { ...about, ...entry })),
  })
  if (user === undefined) {
    await writeTenantLog(deps, tenant, { ...about, ...userIsBlocked })
  }
  return user
}

/** What the log says of a login that has ended well. */
export const signedIn = { type: 's', description: 'Signed in' } as const satisfies LogEntry

const identifierIsBlocked = {
  type: 'limit_wc',
  description: 'Too many wrong passwords for this identifier',
} as const
const addressIsBlocked = {
  type: 'limit_mu',
  description: 'Too many wrong passwords from this address',
  details: { flow: 'login' },
} as const
const unknownUser = { type: 'fu', description: 'Unknown user' } as const
const wrongPassword = { type: 'fp', description: 'Wrong password' } as const
const userIsBlocked = { type: 'f', description: 'user is blocked' } as const

/** What every entry of a login by password says of it. */
export function passwordLog(login: PasswordLogin, user?: Pick<UserRow, 'user_id'>) {
  const name = loggedIdentifier(login.identifier, user !== undefined)
  return {
    ...requestLog(login),
    ...(name !== undefined && { user_name: name }),
    ...(user !== undefined && { user_id: user.user_id }),
    strategy: 'auth0',
    strategy_type: 'database',
  }
}

/** A number is masked; what nobody is called, and is no address, may be a password in the wrong field. */
function loggedIdentifier(identifier: string, isKnown: boolean): string | undefined {
  const phone = parsePhoneNumber(identifier)
  if (phone !== undefined) return loggedNumber(phone.e164)
  const isAddress = /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(identifier)
  return isKnown || isAddress ? identifier.slice(0, longestIdentifier) : undefined
}

type WithPassword = LoginCandidate & { password_hash: string; changed_at: number }

/** The candidate, when the password is its own; hashes in any case. */
async function withRightPassword(
  deps: Deps,
  candidate: LoginCandidate | undefined,
  password: string,
): Promise<WithPassword | undefined> {
  if (candidate !== undefined && isWithPassword(candidate)) {
    return (await isPassword(password, candidate.password_hash)) ? candidate : undefined
  }
  await hashPassword(password, deps.random.bytes(saltBytes))
  return undefined
}

const isWithPassword = (candidate: LoginCandidate): candidate is WithPassword =>
  candidate.password_hash !== null && candidate.changed_at !== null
