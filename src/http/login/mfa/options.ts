import type { Texts } from '../../../templates/screens/texts.ts'
import { optionsView } from '../screens/mfa-views.ts'
import { startApp } from './app-screens.ts'
import { maskedNumber } from './masked-number.ts'
import { enrollable, enrollmentScreen, targetTo, type Way, waysOf } from './places.ts'
import { sendCode } from './send.ts'
import { fresh, type MfaScreen, remember, type Visit } from './visit.ts'

/** What may be enrolled, where that is more than one kind. */
export const enrollOptionsScreen: MfaScreen = {
  name: 'mfa-begin-enroll-options',
  isOpen: (visit) => visit.state.passed === undefined && enrollable(visit).length > 1,
  async view(visit) {
    const { channels } = visit.settings
    const phone = channels.length > 1 ? 'phoneText' : `${channels[0] ?? 'sms'}Text`
    return (shown) =>
      optionsView(shown, {
        canGoBack: visit.state.chosen !== undefined || visit.state.target !== undefined,
        options: enrollable(visit).map((kind) => ({
          value: kind,
          words: shown.text(kind === 'phone' ? phone : 'otpText'),
        })),
      })
  },
  async submit(visit) {
    const kind = enrollable(visit).find((each) => each === visit.form.action)
    if (kind === 'otp') return startApp(visit)
    if (kind === undefined) return { to: 'mfa' }
    await remember(visit, { ...fresh(visit.state), chosen: 'phone' })
    return { to: enrollmentScreen(visit) }
  },
}

const nameOf = (way: Way): string =>
  way.kind === 'phone' ? `${way.channel}:${way.device.id}` : way.kind

/** All ways in which a person may prove itself. */
export const loginOptionsScreen: MfaScreen = {
  name: 'mfa-login-options',
  isOpen: (visit) => visit.state.passed === undefined && waysOf(visit).length > 1,
  async view(visit) {
    return (shown) =>
      optionsView(shown, {
        canGoBack: true,
        options: waysOf(visit).map((way) => ({
          value: nameOf(way),
          words: words(shown.text, way),
        })),
      })
  },
  async submit(visit) {
    const way = waysOf(visit).find((each) => nameOf(each) === visit.form.action)
    if (way === undefined) return { to: 'mfa' }
    if (way.kind === 'phone') return sendCode(visit, targetTo(way.device, way.channel))
    await choose(visit, way.kind)
    return { to: way.kind === 'otp' ? 'mfa-otp-challenge' : 'mfa-recovery-code-challenge' }
  },
}

const choose = (visit: Visit, chosen: 'otp' | 'recovery-code') =>
  remember(visit, { ...fresh(visit.state), chosen })

function words(text: Texts, way: Way): string {
  if (way.kind === 'otp') return text('otpText')
  if (way.kind === 'recovery-code') return text('recoveryCodeText')
  // A number runs from left to right, also among words that do not.
  const number = `\u2066${maskedNumber(way.device.phone_number ?? '')}\u2069`
  return text(`${way.channel}Text`, { number })
}
