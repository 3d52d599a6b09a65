import { maskPhoneNumber } from '../base/phone-number.ts'
import type { MfaAuthenticator } from '../contract/mfa.ts'
import {
  type AuthenticationMethodRow,
  deleteAuthenticationMethod,
  listAuthenticationMethods,
} from '../store/authentication-methods.ts'
import { readMethodId } from './authentication-method-view.ts'
import { logUnenrolled } from './authentication-methods.ts'
import type { Deps } from './deps.ts'
import { latestFirst } from './mfa-phone.ts'
import { type MfaSettings, mfaSettings } from './mfa-settings.ts'
import type { Tenant } from './tenant.ts'

/**
 * What a person has enrolled of what the tenant offers now, the factor used last first: a phone once for
 * each way in which it can be reached.
 */
export async function listFactors(
  deps: Deps,
  tenant: Tenant,
  userId: string,
): Promise<MfaAuthenticator[]> {
  const [settings, rows] = await Promise.all([
    mfaSettings(deps, tenant),
    listAuthenticationMethods(deps.db, tenant.id, userId),
  ])
  return latestFirst(rows).flatMap((row) => authenticatorsOf(settings, row))
}

function authenticatorsOf(
  settings: MfaSettings,
  { id, type, confirmed, phone_number }: AuthenticationMethodRow,
): MfaAuthenticator[] {
  if (type === 'phone') {
    return settings.channels.map((channel) => ({
      id: `${channel}|${id}`,
      type: 'phone',
      authenticator_type: 'oob',
      oob_channel: channel,
      oob_channels: [channel],
      name: maskPhoneNumber(phone_number ?? ''),
      active: confirmed,
    }))
  }
  if (type === 'totp' && settings.otp) {
    return [{ id: `totp|${id}`, type: 'otp', authenticator_type: 'otp', active: confirmed }]
  }
  if (type === 'recovery-code' && settings.recoveryCode && confirmed) {
    const kind = 'recovery-code' as const
    return [{ id: `${kind}|${id}`, type: kind, authenticator_type: kind, active: true }]
  }
  return []
}

/**
 * Removes one of a person's own factors; the text and the call to a number go together.
 *
 * @returns false when the person has no such factor
 */
export async function removeFactor(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  wireId: string,
): Promise<boolean> {
  const wanted = readMethodId(wireId)
  if (wanted === undefined) return false
  const row = await deleteAuthenticationMethod(deps.db, tenant.id, userId, wanted.id)
  if (row === undefined) return false
  await logUnenrolled(deps, tenant, [row])
  return true
}
