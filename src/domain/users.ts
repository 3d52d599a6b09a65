import { AppError } from '../base/app-error.ts'
import { parsePhoneNumber } from '../base/phone-number.ts'
import { randomHex } from '../base/random.ts'
import type { UserCreate, UserPatch } from '../contract/users.ts'
import { isUniqueViolation } from '../store/unique-violation.ts'
import {
  deleteUser as deleteUserRow,
  findUser,
  insertUser,
  listUsersByEmail,
  lockUser,
  type UserRow,
  updateUser,
} from '../store/users.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'
import { loggedNumber, writeTenantLog } from './tenant-logs.ts'
import { userObjects } from './user-objects.ts'
import { mergeMetadata, newPhoneProfile, orNone, userObject } from './user-profile.ts'

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
 * Makes a user of a phone connection. The number is stored as a sign-in will spell it.
 *
 * @throws AppError `invalid_body`, `user_exists`
 */
export async function createUser(
  deps: Deps,
  tenant: Tenant,
  create: UserCreate,
): Promise<WireObject> {
  assertConnection(tenant, create.connection)
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

/**
 * Changes a user. Another number is unverified unless the same change says otherwise.
 *
 * @throws AppError `user_not_found`, `user_exists`, `invalid_body`
 */
export async function patchUser(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  patch: UserPatch,
): Promise<WireObject> {
  try {
    return await deps.db.transaction(async (tx) => {
      const before = await lockUser(tx, tenant.id, userId)
      if (before === undefined) throw new AppError('user_not_found')
      assertPatch(tenant, before, patch)
      const user = { ...patched(tenant, before, patch), updated_at: deps.clock.now() }
      await updateUser(tx, user)
      return userObject(user)
    })
  } catch (error) {
    if (isUniqueViolation(error, 'users_phone')) throw new AppError('user_exists')
    throw error
  }
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
  by: { clientId: string; ip: string; userAgent: string },
): Promise<void> {
  const user = await deleteUserRow(deps.db, tenant.id, userId)
  if (user === undefined) return
  await writeTenantLog(deps, tenant, {
    type: 'sdu',
    description: 'User deleted',
    user_id: userId,
    ...(user.phone_number !== null && { user_name: loggedNumber(user.phone_number) }),
    connection: user.connection,
    strategy: 'sms',
    strategy_type: 'passwordless',
    client_id: by.clientId,
    ip: by.ip,
    user_agent: by.userAgent,
  })
}

function assertConnection(tenant: Tenant, name: string): void {
  const connection = tenant.connections.find((candidate) => candidate.name === name)
  if (connection === undefined) throw refuse('Connection does not exist.')
  if (connection.strategy !== 'sms') {
    throw refuse(
      'Connection does not support user creation through the API. It must either be a database or passwordless connection.',
    )
  }
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

function assertPatch(tenant: Tenant, user: UserRow, patch: UserPatch): void {
  if (patch.connection !== undefined) {
    if (!tenant.connections.some(({ name }) => name === patch.connection)) {
      throw refuse('Connection does not exist.')
    }
    if (patch.connection !== user.connection) {
      throw refuse('Connection is not supported for this operation.')
    }
  }
  assertPhoneMembers(patch)
  if (patch.email !== undefined && (patch.email?.toLowerCase() ?? null) !== user.email) {
    throw refuse('Cannot update email for non-database user.')
  }
  if (patch.phone_number === null || patch.verify_phone_number === true) {
    throw refuse('Connection is not supported for this operation.')
  }
}

const refuse = (message: string) => new AppError('invalid_body', { message })

function patched(tenant: Tenant, before: UserRow, patch: UserPatch): UserRow {
  const { given_name, family_name, name, nickname, picture, email_verified } = patch
  const phoneNumber =
    typeof patch.phone_number === 'string' ? asDialled(patch.phone_number) : before.phone_number
  const isOther = phoneNumber !== before.phone_number
  const profile = {
    ...before.profile,
    // Who was called by the former number is called by the new one.
    ...(isOther && before.profile.name === before.phone_number && { name: phoneNumber }),
    ...present({ given_name, family_name, name, nickname, picture, email_verified }),
  }
  return {
    ...before,
    phone_number: phoneNumber,
    phone_verified: patch.phone_verified ?? (isOther ? false : before.phone_verified),
    blocked: patch.blocked ?? before.blocked,
    profile: withDefaults(profile, newPhoneProfile(tenant, phoneNumber ?? '')),
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

/** Null brings a member back to what a new user has, which for most is nothing. */
const withDefaults = (profile: WireObject, defaults: WireObject): WireObject =>
  Object.fromEntries(
    Object.entries(profile)
      .map(([member, value]) => [member, value === null ? defaults[member] : value])
      .filter(([, value]) => value !== undefined),
  )

const present = (members: WireObject): WireObject =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

/** The number as a sign-in spells it; one that no sign-in can have stays as it is. */
const asDialled = (phoneNumber: string): string =>
  parsePhoneNumber(phoneNumber)?.e164 ?? phoneNumber
