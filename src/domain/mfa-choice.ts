import { AppError } from '../base/app-error.ts'
import { type MfaChannel, mfaChannels } from '../contract/mfa.ts'
import { listAuthenticationMethods } from '../store/authentication-methods.ts'
import { readMethodId } from './authentication-method-view.ts'
import type { Deps } from './deps.ts'
import { latestFirst } from './mfa-phone.ts'
import { countedMethods, mfaSettings } from './mfa-settings.ts'
import type { Tenant } from './tenant.ts'

/** Which factor a challenge is about. */
export type MfaChoice =
  | { kind: 'otp' }
  | { kind: 'phone'; phone: { deviceId: string; channel?: MfaChannel } }

/**
 * Chooses among a person's factors: the one that is named, else the one used last of those that fit.
 *
 * @param wish.types `otp`, `oob`; undefined for any
 * @throws AppError `association_required` for a person without factors, `unsupported_challenge_type` when
 *   none fits
 */
export async function chooseChallenge(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  wish: {
    types: readonly string[] | undefined
    channel: string | undefined
    authenticatorId: string | undefined
  },
): Promise<MfaChoice> {
  const settings = await mfaSettings(deps, tenant)
  const rows = await listAuthenticationMethods(deps.db, tenant.id, userId)
  const counted = latestFirst(countedMethods(settings, rows))
  if (counted.length === 0) throw new AppError('association_required')
  const named = wish.authenticatorId === undefined ? undefined : readMethodId(wish.authenticatorId)
  const prefix = wish.authenticatorId?.split('|')[0]
  const wanted = wish.channel ?? (prefix === 'phone' ? undefined : prefix)
  const channel = mfaChannels.find((each) => each === wanted)
  const fits = counted.filter(({ type, id }) => {
    if (wish.authenticatorId !== undefined && named?.id !== id) return false
    if (type === 'totp') return mayBe(wish.types, 'otp') && wish.channel === undefined
    if (!mayBe(wish.types, 'oob')) return false
    if (wish.channel !== undefined && channel === undefined) return false
    return channel === undefined
      ? settings.channels.length > 0
      : settings.channels.includes(channel)
  })
  const [first] = fits
  if (first === undefined) {
    const available = [...new Set(counted.map(({ type }) => (type === 'totp' ? 'otp' : 'oob')))]
    const asked = (wish.types ?? []).filter((type) => /^[a-z-]{1,20}$/.test(type))
    throw new AppError('unsupported_challenge_type', {
      message: `User is not enrolled with ${asked.join(' or ') || 'what was asked for'}. Enrolled: ${available.join(', ')}`,
    })
  }
  if (first.type === 'totp') return { kind: 'otp' }
  return {
    kind: 'phone',
    phone: { deviceId: first.id, ...(channel !== undefined && { channel }) },
  }
}

const mayBe = (types: readonly string[] | undefined, type: string) =>
  types === undefined || types.length === 0 || types.includes(type)

/** Whether a person has no factor yet, so the first may be enrolled with nothing but the first step. */
export async function mayEnrol(deps: Deps, tenant: Tenant, userId: string): Promise<boolean> {
  const settings = await mfaSettings(deps, tenant)
  const rows = await listAuthenticationMethods(deps.db, tenant.id, userId)
  return countedMethods(settings, rows).length === 0
}
