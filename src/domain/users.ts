import { AppError } from '../base/app-error.ts'
import { parsePhoneNumber } from '../base/phone-number.ts'
import { randomHex } from '../base/random.ts'
import type { UserCreate, UserPatch } from '../contract/users.ts'
import { deleteSessionsOfUser } from '../store/oidc-records.ts'
import { deleteRefreshTokensOfUser } from '../store/user-grants.ts'
import {
  deleteUser as deleteUserRow,
  findUser,
  insertUser,
  listUsersByEmail,
  lockUser,
  type UserRow,
  updateUser,
} from '../store/users.ts'
import { connectionOf } from './connections.ts'
import {
  changePassword,
  createDatabaseUser,
  isNameTaken,
  passwordOfPatch,
  patchedDatabaseUser,
} from './database-users.ts'
import type { Deps } from './deps.ts'
import type { Connection, Tenant } from './tenant.ts'
import { loggedNumber, writeTenantLog } from './tenant-logs.ts'
import { userObjects } from './user-objects.ts'
import {
  mergeMetadata,
  newDatabaseProfile,
  newPhoneProfile,
  orNone,
  present,
  userObject,
} from './user-profile.ts'

type WireObject = Record<string, unknown>

/** @throws AppError `user_not_found` */
export async function getUser(deps: Deps, tenant: Tenant, userId: string): Promise<WireObject> {
  const user = await findUser(deps.db, tenant.id, userId)
  if (user === undefined) throw new AppError('user_not_found')
  const [shown] = await userObjects(deps, tenant, [user])
  return shown ?? userObject(user)
}

/** The users with an address, oldest first; the case of its letters does not matter. */
export async function getUsersByEmail(
  deps: Deps,
  tenant: Tenant,
  email: string,
): Promise<WireObject[]> {
  const users = await listUsersByEmail(deps.db, tenant.id, email.toLowerCase())
  return userObjects(deps, tenant, users)
}

/**
 * Makes a user of a phone or a database connection. A number is stored as a sign-in will spell it.
 *
 * @throws AppError `invalid_body`, `user_exists`
 */
export async function createUser(
  deps: Deps,
  tenant: Tenant,
  create: UserCreate,
): Promise<WireObject> {
  const connection = userConnection(tenant, create.connection)
  if (connection.strategy === 'auth0') {
    return userObject(await createDatabaseUser(deps, tenant, connection, create))
  }
  assertPhoneMembers(create)
  if (create.phone_number === undefined) {
    throw refuse("Payload validation error: 'Missing required property: phone_number'.")
  }
  const now = deps.clock.now()
  const phoneNumber = asDialled(create.phone_number)
  const { given_name, family_name, name, nickname, picture, email_verified } = create
  const user = await insertUser(deps.db, {
    tenant_id: tenant.id,
    user_id: `sms|${create.user_id ?? randomHex(deps.random, 24)}`,
    connection: create.connection,
    phone_number: phoneNumber,
    email: create.email?.toLowerCase() ?? null,
    username: null,
    phone_verified: create.phone_verified ?? null,
    blocked: create.blocked ?? null,
    profile: {
      ...newPhoneProfile(tenant, phoneNumber),
      ...present({ given_name, family_name, name, nickname, picture, email_verified }),
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
  })
  if (user === undefined) throw new AppError('user_exists')
  return userObject(user)
}

/** Who asks, for the log. */
export type UserWriter = { clientId: string; ip: string; userAgent: string }

/**
 * Changes a user. Another number or address is unverified unless the same change says otherwise; another
 * password ends the refresh tokens.
 *
 * @throws AppError `user_not_found`, `user_exists`, `invalid_body`
 */
export async function patchUser(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  patch: UserPatch,
  by: UserWriter,
): Promise<WireObject> {
  const found = await findUser(deps.db, tenant.id, userId)
  if (found === undefined) throw new AppError('user_not_found')
  const database = databaseOf(tenant, found)
  const password = database && (await passwordOfPatch(deps, tenant, database, found, patch))
  const now = deps.clock.now()
  try {
    const shown = await deps.db.transaction(async (tx) => {
      const before = await lockUser(tx, tenant.id, userId)
      if (before === undefined) throw new AppError('user_not_found')
      const user = { ...patched(tenant, before, patch, now), updated_at: now }
      await updateUser(tx, user)
      if (isCalledOtherwise(before, user)) await deleteSessionsOfUser(tx, tenant.id, userId)
      if (password !== undefined) {
        await changePassword(tx, tenant, userId, { ...password, now })
      }
      return userObject(user)
    })
    if (password !== undefined) await endOldLogins(deps, tenant, found, by)
    return shown
  } catch (error) {
    if (isNameTaken(error)) throw new AppError('user_exists')
    throw error
  }
}

/** Who has another number, address or name logs in anew in each browser (authentication-api 2.8). */
const isCalledOtherwise = (before: UserRow, after: UserRow): boolean =>
  before.phone_number !== after.phone_number ||
  before.email !== after.email ||
  before.username !== after.username

/** A login that ran beside the change may have left a token that the change did not see. */
async function endOldLogins(
  deps: Deps,
  tenant: Tenant,
  user: UserRow,
  by: UserWriter,
): Promise<void> {
  while ((await deleteRefreshTokensOfUser(deps.db, tenant.id, user.user_id)) > 0);
  await writeTenantLog(deps, tenant, {
    type: 'scp',
    description: 'Password changed',
    user_id: user.user_id,
    ...strategyLog(tenant, user.connection),
    client_id: by.clientId,
    ip: by.ip,
    user_agent: by.userAgent,
  })
}

/**
 * Removes a user and ends its sessions; one that is not there is no error.
 *
 * @param by who asks, for the log
 */
export async function deleteUser(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  by: UserWriter,
): Promise<void> {
  const user = await deleteUserRow(deps.db, tenant.id, userId)
  if (user === undefined) return
  await writeTenantLog(deps, tenant, {
    type: 'sdu',
    description: 'User deleted',
    user_id: userId,
    ...(user.phone_number !== null && { user_name: loggedNumber(user.phone_number) }),
    ...strategyLog(tenant, user.connection),
    client_id: by.clientId,
    ip: by.ip,
    user_agent: by.userAgent,
  })
}

/**
 * Removes the people of a database who have an address; none is no error.
 *
 * @throws AppError `connection_not_found`, `invalid_body` for a connection that is no database
 */
export async function deleteUsersByEmail(
  deps: Deps,
  tenant: Tenant,
  connectionId: string,
  email: string,
  by: UserWriter,
): Promise<void> {
  const { name, strategy } = connectionOf(tenant, connectionId)
  if (strategy !== 'auth0') throw refuse('Connection must be a database connection')
  const users = await listUsersByEmail(deps.db, tenant.id, email.toLowerCase())
  for (const { connection, user_id } of users) {
    if (connection === name) await deleteUser(deps, tenant, user_id, by)
  }
}

/** The connection of a user and what its entries in the log say of it. */
function strategyLog(tenant: Tenant, name: string) {
  const connection = tenant.connections.find((candidate) => candidate.name === name)
  return connection?.strategy === 'auth0'
    ? { connection: name, strategy: 'auth0', strategy_type: 'database' }
    : { connection: name, strategy: 'sms', strategy_type: 'passwordless' }
}

/** The database that a user belongs to; undefined for one of a phone connection. */
const databaseOf = (tenant: Tenant, user: UserRow): Connection | undefined =>
  tenant.connections.find(({ name, strategy }) => name === user.connection && strategy === 'auth0')

function userConnection(tenant: Tenant, name: string): Connection {
  const connection = tenant.connections.find((candidate) => candidate.name === name)
  if (connection === undefined) throw refuse('Connection does not exist.')
  if (connection.strategy !== 'sms' && connection.strategy !== 'auth0') {
    throw refuse(
      'Connection does not support user creation through the API. It must either be a database or passwordless connection.',
    )
  }
  return connection
}

/** Members that only people with a password or a mailbox have. */
function assertPhoneMembers({
  username,
  password,
  verify_email,
}: Pick<UserPatch, 'username' | 'password' | 'verify_email'>): void {
  if (username !== undefined && username !== null) {
    throw refuse('Cannot set username for connection without requires_username.')
  }
  if (password !== undefined || verify_email === true) {
    throw refuse('Connection is not supported for this operation.')
  }
}

function assertConnectionOfPatch(tenant: Tenant, user: UserRow, patch: UserPatch): void {
  if (patch.connection === undefined) return
  if (!tenant.connections.some(({ name }) => name === patch.connection)) {
    throw refuse('Connection does not exist.')
  }
  if (patch.connection !== user.connection) {
    throw refuse('Connection is not supported for this operation.')
  }
}

const refuse = (message: string) => new AppError('invalid_body', { message })

function patched(tenant: Tenant, before: UserRow, patch: UserPatch, now: number): UserRow {
  assertConnectionOfPatch(tenant, before, patch)
  const database = databaseOf(tenant, before)
  const user =
    database === undefined
      ? patchedPhoneUser(before, patch)
      : patchedDatabaseUser(database, before, patch, now)
  const defaults =
    database === undefined
      ? newPhoneProfile(tenant, user.phone_number ?? '')
      : newDatabaseProfile(tenant, user)
  const { given_name, family_name, name, nickname, picture } = patch
  const said = present({ given_name, family_name, name, nickname, picture })
  return {
    ...user,
    blocked: patch.blocked ?? before.blocked,
    profile: withDefaults({ ...user.profile, ...said }, defaults),
    user_metadata:
      patch.user_metadata === undefined
        ? before.user_metadata
        : mergeMetadata(before.user_metadata, patch.user_metadata),
    app_metadata:
      patch.app_metadata === undefined
        ? before.app_metadata
        : orNone(mergeMetadata(before.app_metadata, patch.app_metadata)),
  }
}

function patchedPhoneUser(before: UserRow, patch: UserPatch): UserRow {
  assertPhoneMembers(patch)
  if (patch.email !== undefined && (patch.email?.toLowerCase() ?? null) !== before.email) {
    throw refuse('Cannot update email for non-database user.')
  }
  if (patch.phone_number === null || patch.verify_phone_number === true) {
    throw refuse('Connection is not supported for this operation.')
  }
  const phoneNumber =
    patch.phone_number === undefined ? before.phone_number : asDialled(patch.phone_number)
  const isOther = phoneNumber !== before.phone_number
  return {
    ...before,
    phone_number: phoneNumber,
    phone_verified: patch.phone_verified ?? (isOther ? false : before.phone_verified),
    profile: {
      ...before.profile,
      // Who was called by the former number is called by the new one.
      ...(isOther && before.profile.name === before.phone_number && { name: phoneNumber }),
      ...present({ email_verified: patch.email_verified }),
    },
  }
}

/** Null brings a member back to what a new user has, which for most is nothing. */
const withDefaults = (profile: WireObject, defaults: WireObject): WireObject =>
  Object.fromEntries(
    Object.entries(profile)
      .map(([member, value]) => [member, value === null ? defaults[member] : value])
      .filter(([, value]) => value !== undefined),
  )

/** The number as a sign-in spells it; one that no sign-in can have stays as it is. */
const asDialled = (phoneNumber: string): string =>
  parsePhoneNumber(phoneNumber)?.e164 ?? phoneNumber
