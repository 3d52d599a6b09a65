import { AppError } from '../base/app-error.ts'
import { parsePhoneNumber } from '../base/phone-number.ts'
import { randomHex } from '../base/random.ts'
import type { UserCreate, UserPatch } from '../contract/users.ts'
import type { Db } from '../store/db.ts'
import { isUniqueViolation } from '../store/unique-violation.ts'
import { deleteRefreshTokensOfUser } from '../store/user-grants.ts'
import {
  endLoginsOfUser,
  findUserPassword,
  keepEmailUnique,
  putUserPassword,
} from '../store/user-passwords.ts'
import { insertUser, type UserRow } from '../store/users.ts'
import {
  attributeRule,
  databaseOptions,
  isEmailUnique,
  userAttributes,
} from './database-identifiers.ts'
import type { Deps } from './deps.ts'
import { newPassword, type PersonalInfo } from './password-policy.ts'
import type { Connection, Tenant } from './tenant.ts'
import { mergeMetadata, newDatabaseProfile, orNone, present } from './user-profile.ts'

/** Whether a refusal of the database says that somebody else is called so. */
export const isNameTaken = (error: unknown): boolean =>
  ['users_phone', 'users_email_unique', 'users_username'].some((index) =>
    isUniqueViolation(error, index),
  )

/**
 * Makes a person of a database, with its password where it has one.
 *
 * @throws AppError `invalid_body`, `user_exists`
 */
export async function createDatabaseUser(
  deps: Deps,
  tenant: Tenant,
  connection: Connection,
  create: UserCreate,
): Promise<UserRow> {
  const names = {
    email: create.email?.toLowerCase() ?? null,
    phone_number: create.phone_number === undefined ? null : asDialled(create.phone_number),
    username: create.username?.toLowerCase() ?? null,
  }
  assertNames(connection, names)
  assertNoMail(create)
  if (create.password === undefined && isPasswordRequired(connection)) throw missing('password')
  const { given_name, family_name, name, nickname, picture } = create
  const said = present({ given_name, family_name, name, nickname, picture })
  const password =
    create.password === undefined
      ? undefined
      : await newPassword(deps, connection, create.password, { ...names, ...said })
  const now = deps.clock.now()
  const user: UserRow = {
    tenant_id: tenant.id,
    user_id: `auth0|${create.user_id ?? randomHex(deps.random, 24)}`,
    connection: connection.name,
    ...names,
    phone_verified: create.phone_verified ?? (names.phone_number === null ? null : false),
    blocked: create.blocked ?? null,
    profile: {
      ...newDatabaseProfile(tenant, names),
      ...said,
      ...(names.email !== null && { email_verified: create.email_verified ?? false }),
    },
    user_metadata:
      create.user_metadata === undefined ? null : mergeMetadata(null, create.user_metadata),
    app_metadata:
      create.app_metadata === undefined ? null : orNone(mergeMetadata(null, create.app_metadata)),
    logins_count: 0,
    last_login: null,
    last_ip: null,
    created_at: now,
    updated_at: now,
  }
  try {
    return await deps.db.transaction(async (tx) => {
      const made = await insertUser(tx, user)
      if (made === undefined) throw new AppError('user_exists')
      if (isEmailUnique(connection)) await keepEmailUnique(tx, tenant.id, user.user_id)
      if (password !== undefined) {
        await putUserPassword(tx, tenant.id, user.user_id, { ...password, now })
      }
      return made
    })
  } catch (error) {
    if (isNameTaken(error)) throw new AppError('user_exists')
    throw error
  }
}

/** A password that is ready to be stored; the user is not locked while it is hashed. */
export type PasswordChange = { hash: string; former: readonly string[] }

/**
 * Hashes the password of a change.
 *
 * @returns undefined when the change has none
 * @throws AppError `invalid_body` when the connection's policy refuses it
 */
export async function passwordOfPatch(
  deps: Deps,
  tenant: Tenant,
  connection: Connection,
  user: UserRow,
  patch: UserPatch,
): Promise<PasswordChange | undefined> {
  if (patch.password === undefined) return undefined
  assertPatchMembers(patch)
  const stored = await findUserPassword(deps.db, tenant.id, user.user_id)
  return newPassword(deps, connection, patch.password, personalInfo(user), stored)
}

/** What may not stand in the password of a person. */
const personalInfo = ({ email, username, phone_number, profile }: UserRow): PersonalInfo => {
  const { name, nickname, given_name, family_name } = profile
  return { email, username, phone_number, name, nickname, given_name, family_name }
}

/**
 * Lays a change over a person of a database. Another address or number is unverified unless the same
 * change says otherwise.
 *
 * Source: management-api 8.4.
 *
 * @throws AppError `invalid_body`
 */
export function patchedDatabaseUser(
  connection: Connection,
  before: UserRow,
  patch: UserPatch,
  now: number,
): UserRow {
  assertPatchMembers(patch)
  const names = {
    email: changed(before.email, patch.email, lower),
    phone_number: changed(before.phone_number, patch.phone_number, asDialled),
    username: changed(before.username, patch.username, lower),
  }
  if (userAttributes.some((name) => names[name] !== before[name])) assertNames(connection, names)
  const isOtherPhone = names.phone_number !== before.phone_number
  const isOtherEmail = names.email !== before.email
  const email_verified = patch.email_verified ?? (isOtherEmail ? false : undefined)
  return {
    ...before,
    ...names,
    phone_verified: patch.phone_verified ?? (isOtherPhone ? false : before.phone_verified),
    profile: {
      ...before.profile,
      ...renamed(before, names),
      ...(email_verified !== undefined && {
        email_verified: names.email === null ? undefined : email_verified,
      }),
      ...(patch.password !== undefined && { last_password_reset: new Date(now).toISOString() }),
    },
  }
}

/** Stores a password and ends what was signed in with the former one. Inside a transaction. */
export async function changePassword(
  tx: Db,
  tenant: Tenant,
  userId: string,
  password: PasswordChange & { now: number },
): Promise<void> {
  await putUserPassword(tx, tenant.id, userId, password)
  await deleteRefreshTokensOfUser(tx, tenant.id, userId)
  await endLoginsOfUser(tx, tenant.id, userId)
}

const lower = (text: string) => text.toLowerCase()

const changed = (
  before: string | null,
  sent: string | null | undefined,
  spell: (text: string) => string,
): string | null => (sent === undefined ? before : sent === null ? null : spell(sent))

/** Who was called by a former address, name or number is called by the new one. */
function renamed(
  before: UserRow,
  names: Pick<UserRow, 'email' | 'username' | 'phone_number'>,
): Record<string, unknown> {
  const former = userAttributes.find((name) => before[name] === before.profile.name)
  if (former === undefined || before[former] === names[former]) return {}
  return { name: names.email ?? names.username ?? names.phone_number ?? before.profile.name }
}

/** What cannot change together, in the words of the original. */
function assertPatchMembers(patch: UserPatch): void {
  const has = (member: keyof UserPatch) => patch[member] !== undefined
  for (const [one, other] of [
    ['password', 'email'],
    ['password', 'email_verified'],
    ['username', 'email'],
    ['username', 'email_verified'],
    ['username', 'password'],
  ] as const) {
    if (has(one) && has(other)) throw refuse(`Cannot update ${one} and ${other} simultaneously.`)
  }
  if (patch.verify_phone_number === true) {
    throw refuse('Connection is not supported for this operation.')
  }
  assertNoMail(patch)
}

function assertNoMail({ verify_email }: Pick<UserPatch, 'verify_email'>): void {
  if (verify_email === true) throw refuse('Connection is not supported for this operation.')
}

type Names = Record<(typeof userAttributes)[number], string | null>

function assertNames(connection: Connection, names: Names): void {
  for (const name of userAttributes) {
    const rule = attributeRule(connection, name)
    if (names[name] === null && rule === 'required') throw missing(name)
    if (names[name] !== null && rule === 'none') {
      throw refuse('Cannot set username for connection without requires_username.')
    }
  }
  if (userAttributes.every((name) => names[name] === null)) {
    throw refuse('A user of this connection needs an email, a phone_number or a username.')
  }
  if (names.username !== null) assertUsername(connection, names.username)
}

function assertUsername(connection: Connection, username: string): void {
  const { attributes, validation } = databaseOptions(connection)
  const rule = attributes?.username?.validation
  const least = rule?.min_length ?? validation?.username?.min ?? 1
  const most = rule?.max_length ?? validation?.username?.max ?? (attributes ? 128 : 15)
  const length = [...username].length
  if (length < least)
    throw invalid('username', `String is too short (${length} chars), minimum ${least}`)
  if (length > most)
    throw invalid('username', `String is too long (${length} chars), maximum ${most}`)
  if (/\s/.test(username)) throw invalid('username', 'Blanks are not allowed')
  // Only where attributes say so: an older connection takes any name.
  if (attributes == null) return
  if (username.includes('@') && rule?.allowed_types?.email !== true) {
    throw invalid('username', 'Addresses are not allowed')
  }
  if (parsePhoneNumber(username) !== undefined && rule?.allowed_types?.phone_number !== true) {
    throw invalid('username', 'Phone numbers are not allowed')
  }
}

function isPasswordRequired(connection: Connection): boolean {
  const { password } = databaseOptions(connection).authentication_methods ?? {}
  return password?.api_behavior !== 'optional' && password?.enabled !== false
}

const refuse = (message: string) => new AppError('invalid_body', { message })
const invalid = (member: string, reason: string) =>
  refuse(`Payload validation error: '${reason}' on property ${member}.`)
const missing = (member: string) =>
  refuse(`Payload validation error: 'Missing required property: ${member}'.`)

/** The number as a sign-in spells it; one that no sign-in can have stays as it is. */
const asDialled = (phoneNumber: string): string =>
  parsePhoneNumber(phoneNumber)?.e164 ?? phoneNumber
