import type { MfaChannel } from '../../../contract/mfa.ts'
import type { MfaDevice } from '../../../domain/mfa-devices.ts'
import { latestFirst } from '../../../domain/mfa-phone.ts'
import { countedMethods } from '../../../domain/mfa-settings.ts'
import type { ScreenName } from '../../../templates/screens/texts.ts'
import type { MfaTarget } from './state.ts'
import type { Visit } from './visit.ts'

/** The kinds of factor that a person may enrol now. */
export const enrollable = ({ mode, settings, subject }: Visit): ('phone' | 'otp')[] =>
  mode === 'challenge'
    ? []
    : (['phone', 'otp'] as const).filter(
        (kind) =>
          (kind === 'phone' ? settings.channels.length > 0 : settings.otp) &&
          (subject.onlyFactor === null || subject.onlyFactor === kind),
      )

/** The phones that a code can be sent to now, the one used last first. */
export const phonesOf = (visit: Visit): MfaDevice[] =>
  visit.mode === 'enroll' || visit.settings.channels.length === 0
    ? []
    : countedOf(visit).filter(({ type }) => type === 'phone')

/** A way in which a person may prove itself. */
export type Way =
  | { kind: 'phone'; device: MfaDevice; channel: MfaChannel }
  | { kind: 'otp' }
  | { kind: 'recovery-code' }

/** All ways that are open to a person now, the one used last first, the recovery code last. */
export function waysOf(visit: Visit): Way[] {
  if (visit.mode === 'enroll') return []
  const counted = countedOf(visit)
  const apps = counted.filter(({ type }) => type === 'totp')
  const ways = counted.flatMap((device): Way[] => {
    if (device.type === 'totp') return device === apps[0] ? [{ kind: 'otp' }] : []
    return visit.settings.channels.map((channel) => ({ kind: 'phone', device, channel }))
  })
  const hasCode = visit.rows.some(({ type, confirmed }) => type === 'recovery-code' && confirmed)
  // Only ever besides another factor.
  if (hasCode && visit.settings.recoveryCode && counted.length > 0) {
    ways.push({ kind: 'recovery-code' })
  }
  return ways
}

const countedOf = ({ settings, rows }: Visit) => latestFirst(countedMethods(settings, rows))

/** Whether there is anything else to try than what the person is at. */
export function hasOtherWays(
  visit: Visit,
  at: { deviceId?: string | undefined } | 'otp' | 'recovery-code',
) {
  if (visit.mode === 'enroll') return enrollable(visit).length > 1
  return waysOf(visit).some((way) =>
    way.kind === 'phone'
      ? typeof at === 'string' || way.device.id !== at.deviceId
      : way.kind !== at,
  )
}

/** The screen for a number to be enrolled, by the ways that are open. */
export const enrollmentScreen = ({ settings: { channels } }: Visit): ScreenName =>
  channels.length > 1 ? 'mfa-phone-enrollment' : `mfa-${channels[0] ?? 'sms'}-enrollment`

/** The screen for the code that goes to a phone. */
export const codeScreen = ({ channel }: MfaTarget) => `mfa-${channel}-challenge` as const

/** The code that was asked for last, where its phone still is what the person needs. */
export function targetOf(visit: Visit): MfaTarget | undefined {
  const { target, passed } = visit.state
  if (target === undefined || passed !== undefined) return undefined
  if (target.deviceId === undefined) {
    return enrollable(visit).includes('phone') ? target : undefined
  }
  return visit.mode === 'challenge' && countedOf(visit).some(({ id }) => id === target.deviceId)
    ? target
    : undefined
}

/** The phone that a code would go to: the one that was chosen, else the one used last. */
export function phoneOf(visit: Visit): MfaDevice | undefined {
  const phones = phonesOf(visit)
  const wanted = visit.state.deviceId ?? visit.state.target?.deviceId
  return phones.find(({ id }) => id === wanted) ?? phones[0]
}

/** The channel that a phone prefers of those that are open. */
export const channelOf = ({ settings }: Visit, device: MfaDevice): MfaChannel =>
  settings.channels.find((channel) => channel === device.preferred) ?? settings.channels[0] ?? 'sms'

/** Where a code to a stored phone goes. */
export const targetTo = (device: MfaDevice, channel: MfaChannel): MfaTarget => ({
  ...{ channel, number: device.phone_number ?? '', deviceId: device.id },
})
