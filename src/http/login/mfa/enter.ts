import type { ScreenName } from '../../../templates/screens/texts.ts'
import { startApp } from './app-screens.ts'
import {
  channelOf,
  codeScreen,
  enrollable,
  enrollmentScreen,
  phoneOf,
  targetOf,
  targetTo,
  waysOf,
} from './places.ts'
import { recoveryCodeScreen } from './recovery-screens.ts'
import { sendCode } from './send.ts'
import type { Step, Visit } from './visit.ts'

/**
 * Where a person belongs now. Who has one way only to be reached by gets the code at once; to ask again
 * sends nothing, because the code that is on its way is remembered.
 *
 * @returns undefined where there is no way on
 */
export async function enter(visit: Visit): Promise<Step | undefined> {
  const { state } = visit
  if (state.passed !== undefined) {
    return state.recoveryCode === undefined ? 'leave' : { to: recoveryCodeScreen(visit) }
  }
  const target = targetOf(visit)
  if (target !== undefined) return { to: codeScreen(target) }
  return visit.mode === 'enroll' ? enrol(visit) : prove(visit)
}

async function enrol(visit: Visit): Promise<Step | undefined> {
  const { state } = visit
  const kinds = enrollable(visit)
  const [only] = kinds
  if (only === undefined) return undefined
  const chosen = kinds.find((kind) => kind === state.chosen)
  if (chosen === undefined && kinds.length > 1) return { to: 'mfa-begin-enroll-options' }
  if ((chosen ?? only) === 'phone') return { to: enrollmentScreen(visit) }
  return state.app === undefined ? startApp(visit) : { to: 'mfa-otp-enrollment-qr' }
}

async function prove(visit: Visit): Promise<Step | undefined> {
  const ways = waysOf(visit)
  const way = ways.find(({ kind }) => kind === visit.state.chosen) ?? ways[0]
  if (way === undefined) return undefined
  if (way.kind !== 'phone') return { to: screens[way.kind] }
  if (visit.settings.channels.length > 1) return { to: 'mfa-phone-challenge' }
  const device = phoneOf(visit) ?? way.device
  return sendCode(visit, targetTo(device, channelOf(visit, device)))
}

const screens: Readonly<Record<'otp' | 'recovery-code', ScreenName>> = {
  otp: 'mfa-otp-challenge',
  'recovery-code': 'mfa-recovery-code-challenge',
}
