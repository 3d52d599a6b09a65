import { AppError } from '../base/app-error.ts'
import { maskPhoneNumber, parsePhoneNumber } from '../base/phone-number.ts'
import { randomAlphanumeric, randomBase32 } from '../base/random.ts'
import type {
  AuthenticationMethodCreate,
  AuthenticationMethodPatch,
  AuthenticationMethodsPut,
  AuthenticationMethodView,
} from '../contract/authentication-methods.ts'
import {
  type AuthenticationMethodRow,
  deleteAuthenticationMethod,
  deleteAuthenticationMethods,
  insertAuthenticationMethod,
  listAuthenticationMethods,
  updateAuthenticationMethod,
} from '../store/authentication-methods.ts'
import type { Db } from '../store/db.ts'
import { isUniqueViolation } from '../store/unique-violation.ts'
import { findUser, lockUser } from '../store/users.ts'
import {
  authenticationMethodView,
  masksFactors,
  readMethodId,
  wireMethodId,
} from './authentication-method-view.ts'
import type { Deps } from './deps.ts'
import { seal } from './sealing.ts'
import type { Tenant } from './tenant.ts'
import { writeTenantLog } from './tenant-logs.ts'

/** How many devices of one kind a person may have. */
export const maxMethodsOfType = 20

/** What a person has, oldest first. @throws AppError `user_not_found` */
export async function listMethods(
  deps: Deps,
  tenant: Tenant,
  userId: string,
): Promise<AuthenticationMethodView[]> {
  const rows = await listAuthenticationMethods(deps.db, tenant.id, userId)
  if (rows.length === 0) await assertUser(deps, tenant, userId)
  return rows.map(viewOf(tenant))
}

/** @throws AppError `user_not_found`, `authentication_method_not_found` */
export async function getMethod(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  wireId: string,
): Promise<AuthenticationMethodView> {
  const rows = await listAuthenticationMethods(deps.db, tenant.id, userId)
  if (rows.length === 0) await assertUser(deps, tenant, userId)
  const wanted = readMethodId(wireId)
  const row = rows.find(({ id, type }) => id === wanted?.id && type === wanted.type)
  if (row === undefined) throw new AppError('authentication_method_not_found')
  return viewOf(tenant)(row)
}

/**
 * Gives a person a factor, confirmed at once: the administrator vouches for it.
 *
 * @throws AppError `invalid_body`, `user_not_found`, `authentication_method_exists`,
 *   `too_many_authentication_methods`
 */
export async function createMethod(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  create: AuthenticationMethodCreate,
): Promise<AuthenticationMethodView> {
  const { row, totpSecret } = newMethod(deps, tenant, userId, create)
  await whereUnique(() =>
    deps.db.transaction(async (tx) => {
      await lockFactors(tx, tenant, userId)
      const present = await listAuthenticationMethods(tx, tenant.id, userId)
      if (present.filter(({ type }) => type === row.type).length >= maxMethodsOfType) {
        throw new AppError('too_many_authentication_methods')
      }
      await insertAuthenticationMethod(tx, row)
    }),
  )
  return {
    ...authenticationMethodView(row, { masked: masksFactors(tenant), confirmed: false }),
    ...(totpSecret !== undefined && { totp_secret: totpSecret }),
  }
}

/**
 * Replaces everything that a person has. The recovery code stays while there is a factor beside it. The
 * answer shows numbers whole, as the original's does.
 *
 * @throws AppError `invalid_body`, `user_not_found`, `authentication_method_exists`,
 *   `too_many_authentication_methods`
 */
export async function replaceMethods(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  put: AuthenticationMethodsPut,
): Promise<AuthenticationMethodView[]> {
  const made = put.map((create) => newMethod(deps, tenant, userId, create))
  for (const type of new Set(put.map((create) => create.type))) {
    if (put.filter((create) => create.type === type).length > maxMethodsOfType) {
      throw new AppError('too_many_authentication_methods')
    }
  }
  const gone = await whereUnique(() =>
    deps.db.transaction(async (tx) => {
      await lockFactors(tx, tenant, userId)
      const replaced = ['phone', 'email', 'totp', 'webauthn-roaming', 'passkey']
      const former = await deleteAuthenticationMethods(
        tx,
        tenant.id,
        userId,
        made.length > 0 ? replaced : undefined,
      )
      for (const { row } of made) await insertAuthenticationMethod(tx, row)
      return former
    }),
  )
  await logUnenrolled(deps, tenant, gone)
  return made.map(({ row, totpSecret }) => ({
    ...authenticationMethodView(row, { masked: false, confirmed: false }),
    ...(totpSecret !== undefined && { totp_secret: totpSecret }),
  }))
}

/** @throws AppError `invalid_body`, `user_not_found`, `authentication_method_not_found` */
export async function patchMethod(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  wireId: string,
  patch: AuthenticationMethodPatch,
): Promise<AuthenticationMethodView> {
  await assertUser(deps, tenant, userId)
  const wanted = readMethodId(wireId)
  if (wanted === undefined) throw new AppError('authentication_method_not_found')
  const preferred = patch.preferred_authentication_method
  if (preferred !== undefined && wanted.type !== 'phone') {
    throw refuse('Only a phone has a preferred authentication method')
  }
  const row = await updateAuthenticationMethod(deps.db, tenant.id, userId, wanted.id, {
    name: patch.name,
    preferred,
  })
  if (row === undefined) throw new AppError('authentication_method_not_found')
  await writeTenantLog(deps, tenant, {
    type: 'gd_update_device_account',
    description: 'Factor changed',
    user_id: userId,
    details: { authenticator: loggedAuthenticator(row) },
  })
  return authenticationMethodView(row, { masked: masksFactors(tenant), confirmed: false })
}

/** @throws AppError `user_not_found`, `authentication_method_not_found` */
export async function removeMethod(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  wireId: string,
): Promise<void> {
  await assertUser(deps, tenant, userId)
  const wanted = readMethodId(wireId)
  const row = wanted && (await deleteAuthenticationMethod(deps.db, tenant.id, userId, wanted.id))
  if (row === undefined) throw new AppError('authentication_method_not_found')
  await logUnenrolled(deps, tenant, [row])
}

/** @throws AppError `user_not_found`, `user_has_passkey` */
export async function removeAllMethods(deps: Deps, tenant: Tenant, userId: string): Promise<void> {
  const gone = await deps.db.transaction(async (tx) => {
    await lockFactors(tx, tenant, userId)
    const rows = await listAuthenticationMethods(tx, tenant.id, userId)
    if (rows.some(({ type }) => type === 'passkey')) throw new AppError('user_has_passkey')
    return deleteAuthenticationMethods(tx, tenant.id, userId)
  })
  await logUnenrolled(deps, tenant, gone)
}

/** One `gd_unenroll` for each device that was taken away; a recovery code is none. */
export async function logUnenrolled(
  deps: Deps,
  tenant: Tenant,
  rows: readonly AuthenticationMethodRow[],
): Promise<void> {
  await Promise.all(
    rows
      .filter(({ type }) => type !== 'recovery-code')
      .map((row) =>
        writeTenantLog(deps, tenant, {
          type: 'gd_unenroll',
          description: 'Factor removed',
          user_id: row.user_id,
          details: { authenticator: loggedAuthenticator(row) },
        }),
      ),
  )
}

/** A device as the log tells of it. */
export const loggedAuthenticator = (row: AuthenticationMethodRow): Record<string, unknown> => ({
  id: wireMethodId(row),
  type: row.type,
  ...(row.phone_number !== null && { phone_number: maskPhoneNumber(row.phone_number) }),
})

const viewOf = (tenant: Tenant) => (row: AuthenticationMethodRow) =>
  authenticationMethodView(row, { masked: masksFactors(tenant), confirmed: true })

/** @throws AppError `user_not_found` */
export async function assertUser(deps: Deps, tenant: Tenant, userId: string): Promise<void> {
  if ((await findUser(deps.db, tenant.id, userId)) === undefined) {
    throw new AppError('user_not_found')
  }
}

/** The user's row is the lock of its factors: two changes of them follow each other. */
export async function lockFactors(tx: Db, tenant: Tenant, userId: string): Promise<void> {
  if ((await lockUser(tx, tenant.id, userId)) === undefined) throw new AppError('user_not_found')
}

function newMethod(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  create: AuthenticationMethodCreate,
): { row: AuthenticationMethodRow; totpSecret: string | undefined } {
  const { type, name, phone_number, email, totp_secret, ...others } = create
  const { preferred_authentication_method, ...document } = others
  const id = newDeviceId(deps)
  const preferred = preferred_authentication_method ?? 'sms'
  const totpSecret = type === 'totp' ? (totp_secret ?? randomBase32(deps.random)) : undefined
  return {
    totpSecret,
    row: {
      tenant_id: tenant.id,
      id,
      user_id: userId,
      type,
      confirmed: true,
      name: name ?? null,
      phone_number: type === 'phone' ? readNumber(phone_number) : null,
      email: type === 'email' ? readEmail(email) : null,
      preferred: type === 'phone' ? preferred : null,
      channels: type === 'phone' ? [preferred] : [],
      sealed_secret:
        totpSecret === undefined
          ? null
          : seal(deps, tenant.id, 'authentication-method', id, totpSecret.replace(/=+$/, '')),
      secret_hash: null,
      last_step: null,
      document: type === 'webauthn-roaming' || type === 'passkey' ? document : {},
      created_at: deps.clock.now(),
      enrolled_at: null,
      last_auth_at: null,
    },
  }
}

/** The id of a new device. */
export const newDeviceId = (deps: Pick<Deps, 'random'>): string =>
  `dev_${randomAlphanumeric(deps.random, 16)}`

function readNumber(spelling: string | undefined): string {
  if (spelling === undefined) throw missing('phone_number')
  const phone = parsePhoneNumber(spelling)
  if (phone === undefined) throw refuse('Not a phone number in E.164', 'phone_number')
  return phone.e164
}

function readEmail(email: string | undefined): string {
  if (email === undefined) throw missing('email')
  return email.toLowerCase()
}

const missing = (member: string) => refuse(`Missing required property: ${member}`)

const refuse = (reason: string, member?: string) =>
  new AppError('invalid_body', {
    message: `Payload validation error: '${reason}'${member === undefined ? '' : ` on property ${member}`}.`,
  })

async function whereUnique<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const taken = ['authentication_methods_phone', 'authentication_methods_email']
    if (taken.some((name) => isUniqueViolation(error, name))) {
      throw new AppError('authentication_method_exists')
    }
    throw error
  }
}
