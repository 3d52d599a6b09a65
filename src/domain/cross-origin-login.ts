import { AppError } from '../base/app-error.ts'
import { passwordlessOtpGrant } from '../contract/passwordless.ts'
import type { Deps } from './deps.ts'
import { mfaRequired } from './mfa-required-log.ts'
import { mfaRequirement } from './mfa-requirement.ts'
import { realmConnection } from './password-connection.ts'
import { checkPassword, finishPasswordLogin, signedIn } from './password-login.ts'
import { passwordlessConnection } from './passwordless-connection.ts'
import {
  finishPasswordless,
  guessReturnsS,
  readUsername,
  wrongCode,
} from './passwordless-finish.ts'
import { personOfNumber } from './person-of-number.ts'
import type { Client, Connection, Tenant } from './tenant.ts'

/** What a person typed into a page of the application itself. */
export type CrossOriginLogin = {
  client: Client
  /** A member of `crossOriginCredentials`. */
  credentialType: string
  username: string
  /** The code or the password. */
  secret: string
  /** The connection; the tenant's `default_directory` when absent. */
  realm: string | undefined
  ip: string
  userAgent: string
}

type Person = { userId: string; connection: string }

const wrongPassword = 'Wrong email or password.'

/**
 * Judges the first factor of a login that goes on at `/authorize`. A second factor is asked for there; here
 * it decides only what the log says.
 *
 * Source: authentication-api 1.14.
 *
 * @throws AppError `invalid_request`, `access_denied`, `blocked_user`, `too_many_attempts`
 */
export function crossOriginLogin(
  deps: Deps,
  tenant: Tenant,
  login: CrossOriginLogin,
): Promise<Person> {
  return login.credentialType === passwordlessOtpGrant
    ? byCode(deps, tenant, login)
    : byPassword(deps, tenant, login)
}

async function byCode(deps: Deps, tenant: Tenant, login: CrossOriginLogin): Promise<Person> {
  const { client, ip, userAgent } = login
  const realm = login.realm ?? ''
  const connection = known(passwordlessConnection(tenant, client, realm), realm)
  const phone = readUsername(login.username)
  if (phone === undefined) throw new AppError('access_denied', { message: wrongCode })
  const { required } = await mfaRequirement(
    deps,
    tenant,
    () => personOfNumber(deps, tenant, connection, phone),
    {},
  )
  const result = await finishPasswordless(deps, tenant, {
    ...{ client, connection, phone, otp: login.secret, ip, userAgent },
    ...{ scope: '', audience: undefined, refreshToken: undefined, secondFactor: required },
  })
  switch (result.outcome) {
    case 'right':
      return { userId: result.user.user_id, connection: connection.name }
    case 'blocked':
      throw new AppError('blocked_user')
    case 'budget':
      throw new AppError('too_many_attempts', { retryAfterS: guessReturnsS })
    case 'wrong':
      throw new AppError('access_denied', { message: wrongCode })
  }
}

async function byPassword(deps: Deps, tenant: Tenant, login: CrossOriginLogin): Promise<Person> {
  const { client, ip, userAgent } = login
  const realm = login.realm ?? String(tenant.settings.default_directory ?? '')
  const connection = known(realmConnection(tenant, client, realm), realm)
  if (connection.strategy !== 'auth0') throw unknownRealm(realm)
  const typed = { client, connection, identifier: login.username, ip, userAgent }
  const checked = await checkPassword(deps, tenant, { ...typed, password: login.secret })
  switch (checked.outcome) {
    case 'blocked':
      throw new AppError('blocked_user')
    case 'budget':
      throw new AppError('too_many_attempts', {
        message: 'Too many wrong passwords. Wait for some minutes before retrying.',
        retryAfterS: checked.retryAfterS,
      })
    case 'wrong':
      throw new AppError('access_denied', { message: wrongPassword })
    case 'right':
      break
  }
  const userId = checked.user.user_id
  const { required } = await mfaRequirement(deps, tenant, async () => userId, {})
  const user = await finishPasswordLogin(
    deps,
    tenant,
    { ...typed, password: login.secret },
    checked,
    { logs: [required ? mfaRequired('authorization_code') : signedIn] },
  )
  if (user === undefined) throw new AppError('blocked_user')
  return { userId, connection: connection.name }
}

function known(connection: Connection | string, realm: string): Connection {
  if (typeof connection === 'object') return connection
  throw unknownRealm(realm)
}

const unknownRealm = (realm: string) =>
  new AppError('invalid_request', { message: `Unknown realm ${realm.slice(0, 128)}` })
