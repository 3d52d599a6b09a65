import { mfaChannels } from '../../../contract/mfa.ts'
import { optionsView, phoneChallengeView } from '../screens/mfa-views.ts'
import { maskedNumber } from './masked-number.ts'
import { channelOf, hasOtherWays, phoneOf, phonesOf, targetOf, targetTo } from './places.ts'
import { sendCode } from './send.ts'
import { type MfaScreen, remember, type Visit } from './visit.ts'

function phoneAt(visit: Visit) {
  const device = phoneOf(visit)
  if (device === undefined) throw new Error('a code is offered to no phone')
  return device
}

/** Text or call, before anything is sent. */
export const phoneChallengeScreen: MfaScreen = {
  name: 'mfa-phone-challenge',
  isOpen: (visit) =>
    visit.state.passed === undefined &&
    phonesOf(visit).length > 0 &&
    visit.settings.channels.length > 1,
  async view(visit) {
    const device = phoneAt(visit)
    const chosen = mfaChannels.find((each) => each === visit.form.type)
    return (shown) =>
      phoneChallengeView(shown, {
        number: maskedNumber(device.phone_number ?? ''),
        type: chosen ?? channelOf(visit, device),
        hasOtherNumbers: phonesOf(visit).length > 1,
        hasOtherMethods: hasOtherWays(visit, { deviceId: device.id }),
      })
  },
  async submit(visit) {
    const { form, settings } = visit
    if (form.action === 'pick-phone') return { to: 'mfa-sms-list' }
    if (form.action === 'pick-authenticator') return { to: 'mfa-login-options' }
    const device = phoneAt(visit)
    const channel = settings.channels.find((each) => each === form.type)
    return sendCode(visit, targetTo(device, channel ?? channelOf(visit, device)))
  },
}

/** The numbers of a person who has several. */
export const phoneListScreen: MfaScreen = {
  name: 'mfa-sms-list',
  isOpen: (visit) => visit.state.passed === undefined && phonesOf(visit).length > 1,
  async view(visit) {
    return (shown) =>
      optionsView(shown, {
        canGoBack: true,
        options: phonesOf(visit).map(({ id, phone_number }) => ({
          value: id,
          words: shown.text('numberEndsWith', { digits: (phone_number ?? '').slice(-4) }),
        })),
      })
  },
  async submit(visit) {
    const { form, state, settings } = visit
    const device = phonesOf(visit).find(({ id }) => id === form.action)
    if (device === undefined) return { to: 'mfa' }
    const former = targetOf(visit)
    // Who has not said yet how to be reached is asked; else the new code goes the same way.
    if (former === undefined && settings.channels.length > 1) {
      await remember(visit, { ...state, deviceId: device.id, chosen: 'phone' })
      return { to: 'mfa-phone-challenge' }
    }
    const same = settings.channels.find((each) => each === former?.channel)
    return sendCode(visit, targetTo(device, same ?? channelOf(visit, device)))
  },
}
