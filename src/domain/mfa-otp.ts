import { AppError } from '../base/app-error.ts'
import { randomBase32 } from '../base/random.ts'
import { totpStep } from '../base/totp.ts'
import {
  type AuthenticationMethodRow,
  deletePendingMethods,
  insertAuthenticationMethod,
  listAuthenticationMethods,
} from '../store/authentication-methods.ts'
import type { MfaProof } from '../store/mfa-guesses.ts'
import { insertTenantLog } from '../store/tenant-logs.ts'
import { findUser } from '../store/users.ts'
import { loggedAuthenticator, newDeviceId } from './authentication-methods.ts'
import type { Deps } from './deps.ts'
import { type MfaSender, senderLog } from './mfa-phone.ts'
import { offerRecoveryCode } from './mfa-recovery.ts'
import { mfaSettings } from './mfa-settings.ts'
import { open, seal } from './sealing.ts'
import type { Tenant } from './tenant.ts'
import { tenantLogRow } from './tenant-logs.ts'

/** An authenticator app that waits for its first code. */
export type OtpEnrolment = {
  deviceId: string
  /** Base32. */
  secret: string
  /** For a QR code. */
  uri: string
  recoveryCode?: string
}

/**
 * Begins to enrol an authenticator app. As with a phone, the caller has made sure that the person may.
 *
 * @throws AppError `invalid_request` when the tenant has not enabled apps, `user_blocked`
 */
export async function startOtpEnrolment(
  deps: Deps,
  tenant: Tenant,
  sender: Omit<MfaSender, 'owner' | 'languages'>,
): Promise<OtpEnrolment> {
  const { userId } = sender
  const settings = await mfaSettings(deps, tenant)
  if (!settings.otp) {
    throw new AppError('invalid_request', { message: 'Authenticator apps are not enabled here.' })
  }
  const user = await findUser(deps.db, tenant.id, userId)
  if (user === undefined || user.blocked === true) throw new AppError('user_blocked')
  const secret = randomBase32(deps.random)
  const id = newDeviceId(deps)
  const device: AuthenticationMethodRow = {
    ...{ tenant_id: tenant.id, id, user_id: userId, type: 'totp', confirmed: false, name: null },
    ...{ phone_number: null, email: null, preferred: null, channels: [], secret_hash: null },
    ...{ last_step: null, document: {}, enrolled_at: null, last_auth_at: null },
    sealed_secret: seal(deps, tenant.id, 'authentication-method', id, secret),
    created_at: deps.clock.now(),
  }
  const started = tenantLogRow(deps, tenant, {
    ...senderLog(sender),
    type: 'gd_start_enroll',
    description: 'Enrolment started',
    details: { authenticator: loggedAuthenticator(device) },
  })
  const recoveryCode = await deps.db.transaction(async (tx) => {
    await deletePendingMethods(tx, tenant.id, userId, ['totp'])
    await insertAuthenticationMethod(tx, device)
    await insertTenantLog(tx, started)
    return offerRecoveryCode(deps, tenant, tx, { userId, settings })
  })
  const account = user.email ?? user.username ?? user.phone_number ?? userId
  return {
    deviceId: id,
    secret,
    uri: keyUri(tenant, account, secret),
    ...(recoveryCode !== undefined && { recoveryCode }),
  }
}

/** The form that authenticator apps read. */
function keyUri(tenant: Tenant, account: string, secret: string): string {
  const issuer = encodeURIComponent(String(tenant.settings.friendly_name ?? '') || tenant.id)
  return (
    `otpauth://totp/${issuer}:${encodeURIComponent(account)}` +
    `?secret=${secret}&issuer=${issuer}&algorithm=SHA1&digits=6&period=30`
  )
}

/** What a code of an app proves: the app that it is of, or none. */
export async function otpProof(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  code: string,
): Promise<MfaProof> {
  const rows = await listAuthenticationMethods(deps.db, tenant.id, userId)
  const apps = rows.filter(({ type }) => type === 'totp')
  const now = deps.clock.now()
  for (const { id, sealed_secret } of apps) {
    if (sealed_secret === null) continue
    const secret = open(deps, tenant.id, 'authentication-method', id, sealed_secret).toString()
    const step = totpStep(secret, code, now)
    if (step !== undefined) return { kind: 'otp', methodId: id, step }
  }
  return { kind: 'otp', methodId: apps[0]?.id ?? '', step: null }
}
