import { type MfaChannel, mfaChannels } from '../../../contract/mfa.ts'
import { countriesFor, internationalNumber, likelyCountry } from '../countries.ts'
import { countryRule } from '../login-id.ts'
import { phoneEnrollmentView } from '../screens/mfa-views.ts'
import { enrollable, enrollmentScreen, hasOtherWays } from './places.ts'
import { sendToNew } from './send.ts'
import type { MfaScreen, Step, Visit } from './visit.ts'

/** The screens for a number to be enrolled; which of them is open follows from the ways that are. */
export const phoneEnrollmentScreens: readonly MfaScreen[] = (
  ['mfa-phone-enrollment', 'mfa-sms-enrollment', 'mfa-voice-enrollment'] as const
).map((name) => ({
  name,
  isOpen: (visit) =>
    visit.state.passed === undefined &&
    enrollable(visit).includes('phone') &&
    enrollmentScreen(visit) === name,
  view,
  submit,
}))

async function view(visit: Visit): ReturnType<MfaScreen['view']> {
  const { form, state, tenant, request, settings } = visit
  const channel = channelIn(visit)
  return (shown, locale) => {
    const countries = countriesFor(locale, countryRule(tenant))
    return phoneEnrollmentView(shown, {
      value: form.phone ?? state.number ?? '',
      country: form.country ?? likelyCountry(request.headers['accept-language'], countries),
      countries,
      type: settings.channels.length > 1 ? channel : undefined,
      hasOtherMethods: hasOtherWays(visit, {}),
    })
  }
}

async function submit(visit: Visit): Promise<Step> {
  const { form } = visit
  if (form.action === 'pick-authenticator') return { to: 'mfa-begin-enroll-options' }
  const typed = form.phone ?? ''
  if (typed.trim() === '') return { errors: { phone: 'no-phone' } }
  const number = internationalNumber(typed, form.country ?? 'US')
  return sendToNew(visit, { channel: channelIn(visit), number })
}

/** The channel that was chosen, where it is open; else the first that is. */
function channelIn({ form, settings }: Visit): MfaChannel {
  const wanted = mfaChannels.find((each) => each === form.type)
  const open = settings.channels
  return open.find((each) => each === wanted) ?? open[0] ?? 'sms'
}
