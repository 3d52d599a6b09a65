import type { MfaChannel, MfaFactorType } from '../contract/mfa.ts'
import type { AuthenticationMethodRow } from '../store/authentication-methods.ts'
import type { Deps } from './deps.ts'
import { guardianFactors, guardianPolicies, phoneMessageTypes } from './guardian-settings.ts'
import { mfaDeliveryProblem } from './mfa-message.ts'
import type { Tenant } from './tenant.ts'

/** What a tenant has of second factors at this moment. */
export type MfaSettings = {
  /**
   * Whether a second factor is asked for at all. `confidence-score` asks like `all-applications`: no
   * signal is weighed here, so no sign-in is trusted but one from a browser that is remembered.
   */
  asked: boolean
  /** Enabled, whether or not it can be delivered. */
  phone: boolean
  otp: boolean
  recoveryCode: boolean
  /** How a phone can be reached now: message types that whoever sends offers. */
  channels: readonly MfaChannel[]
}

/** The method of delivery of a channel. */
export const deliveryMethodOf = (channel: MfaChannel): 'text' | 'voice' =>
  channel === 'voice' ? 'voice' : 'text'

/** Reads the settings; all of it is cached with the tenant. */
export async function mfaSettings(deps: Deps, tenant: Tenant): Promise<MfaSettings> {
  const [factors, types, policies] = await Promise.all([
    guardianFactors(deps, tenant),
    phoneMessageTypes(deps, tenant),
    guardianPolicies(deps, tenant),
  ])
  const phone = factors.sms === true && types.length > 0
  const offered = await Promise.all(
    (phone ? types : []).map(async (channel) =>
      (await mfaDeliveryProblem(deps, tenant, deliveryMethodOf(channel))) === undefined
        ? channel
        : undefined,
    ),
  )
  return {
    asked: policies.length > 0,
    phone,
    otp: factors.otp === true,
    recoveryCode: factors['recovery-code'] === true,
    channels: offered.filter((channel) => channel !== undefined),
  }
}

/** Kinds of device, in the words of the database, that count as a second factor of this tenant. */
export const countedTypes = (settings: MfaSettings): string[] => [
  ...(settings.phone ? ['phone'] : []),
  ...(settings.otp ? ['totp'] : []),
]

/** The confirmed devices that count. */
export const countedMethods = (
  settings: MfaSettings,
  rows: readonly AuthenticationMethodRow[],
): AuthenticationMethodRow[] =>
  rows.filter(({ type, confirmed }) => confirmed && countedTypes(settings).includes(type))

/** The kinds of factor that a person without any may enrol. */
export const enrollableTypes = (settings: MfaSettings): MfaFactorType[] => [
  ...(settings.channels.length > 0 ? (['phone'] as const) : []),
  ...(settings.otp ? (['otp'] as const) : []),
]

/** The kinds of factor by which a person may prove itself now. */
export function challengeableTypes(
  settings: MfaSettings,
  rows: readonly AuthenticationMethodRow[],
): MfaFactorType[] {
  const counted = countedMethods(settings, rows)
  const has = (type: string) => counted.some((row) => row.type === type)
  const recovery = rows.some((row) => row.type === 'recovery-code' && row.confirmed)
  return [
    ...(has('phone') && settings.channels.length > 0 ? (['phone'] as const) : []),
    ...(has('totp') ? (['otp'] as const) : []),
    // Only ever besides another factor.
    ...(recovery && settings.recoveryCode && counted.length > 0
      ? (['recovery-code'] as const)
      : []),
  ]
}
