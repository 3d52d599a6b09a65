import { AppError } from '../base/app-error.ts'
import type { EnrollmentView, UserEnrollmentView } from '../contract/enrollments.ts'
import {
  type AuthenticationMethodRow,
  deleteAuthenticationMethod,
  deleteAuthenticationMethods,
  findAuthenticationMethod,
  listAuthenticationMethods,
} from '../store/authentication-methods.ts'
import { deleteRememberedBrowsers } from '../store/remembered-browsers.ts'
import { enrollmentView, isEnrollment, userEnrollmentView } from './authentication-method-view.ts'
import { assertUser, lockFactors, logUnenrolled } from './authentication-methods.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/** @throws AppError `enrollment_not_found` */
export async function getEnrollment(
  deps: Deps,
  tenant: Tenant,
  id: string,
): Promise<EnrollmentView> {
  return enrollmentView(tenant, await findEnrollment(deps, tenant, id))
}

/** Removes an enrolment, which is the device with its text and its call. @throws as above */
export async function removeEnrollment(deps: Deps, tenant: Tenant, id: string): Promise<void> {
  const { user_id } = await findEnrollment(deps, tenant, id)
  const row = await deleteAuthenticationMethod(deps.db, tenant.id, user_id, id)
  if (row === undefined) throw new AppError('enrollment_not_found')
  await logUnenrolled(deps, tenant, [row])
}

/** The first confirmed enrolment of a person, as the original lists it. @throws AppError `user_not_found` */
export async function listUserEnrollments(
  deps: Deps,
  tenant: Tenant,
  userId: string,
): Promise<UserEnrollmentView[]> {
  const rows = await listAuthenticationMethods(deps.db, tenant.id, userId)
  if (rows.length === 0) await assertUser(deps, tenant, userId)
  return rows
    .filter((row) => row.confirmed && isEnrollment(row))
    .slice(0, 1)
    .map((row) => userEnrollmentView(tenant, row))
}

/**
 * The administrator's reset: every second factor goes, with the recovery code and the browsers that were
 * remembered because of them. Passkeys stay; they are a first factor.
 *
 * @throws AppError `user_not_found`
 */
export async function resetFactors(deps: Deps, tenant: Tenant, userId: string): Promise<void> {
  const gone = await deps.db.transaction(async (tx) => {
    await lockFactors(tx, tenant, userId)
    await deleteRememberedBrowsers(tx, tenant.id, userId)
    const factors = ['phone', 'email', 'totp', 'webauthn-roaming', 'recovery-code']
    return deleteAuthenticationMethods(tx, tenant.id, userId, factors)
  })
  await logUnenrolled(deps, tenant, gone)
}

/** Removes the factors of one kind of old; there are none of Duo. @throws AppError `user_not_found` */
export async function removeMultifactor(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  provider: 'duo' | 'google-authenticator',
): Promise<void> {
  await assertUser(deps, tenant, userId)
  if (provider === 'duo') return
  const gone = await deleteAuthenticationMethods(deps.db, tenant.id, userId, ['totp'])
  await logUnenrolled(deps, tenant, gone)
}

/** Every browser must prove itself with a second factor again. @throws AppError `user_not_found` */
export async function forgetBrowsers(deps: Deps, tenant: Tenant, userId: string): Promise<void> {
  await assertUser(deps, tenant, userId)
  await deleteRememberedBrowsers(deps.db, tenant.id, userId)
}

async function findEnrollment(
  deps: Deps,
  tenant: Tenant,
  id: string,
): Promise<AuthenticationMethodRow> {
  const row = await findAuthenticationMethod(deps.db, tenant.id, id)
  if (row === undefined || !isEnrollment(row)) throw new AppError('enrollment_not_found')
  return row
}
