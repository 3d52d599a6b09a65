import { countriesFor } from '../../src/http/login/countries.ts'
import { codeView } from '../../src/http/login/screens/code-view.ts'
import { loginIdView } from '../../src/http/login/screens/login-id-view.ts'
import { loginPasswordView } from '../../src/http/login/screens/login-password-view.ts'
import { loggedOutView, logoutView } from '../../src/http/login/screens/logout-view.ts'
import {
  enrollResultView,
  optionsView,
  phoneChallengeView,
  phoneEnrollmentView,
  recoveryChallengeView,
  recoveryCodeView,
  statusView,
} from '../../src/http/login/screens/mfa-views.ts'
import { otpChallengeView, otpEnrollmentView } from '../../src/http/login/screens/otp-views.ts'
import type { Shown, View } from '../../src/http/login/view.ts'
import type { ScreenName } from '../../src/templates/screens/texts.ts'

type Sample = { screen: ScreenName; name: string; view: (shown: Shown, locale: string) => View }

const phone = (locale: string) => ({
  ...{ value: '', country: 'DE', countries: countriesFor(locale, undefined) },
})
const code = {
  number: '+1 ••• ••• 0137',
  ...{ canEdit: false, voice: false, otherMethod: 'voice' as const, hasOtherNumbers: true },
  ...{ hasOtherMethods: true, canRemember: true, resendWaitS: 20 },
  delivery: { state: 'sent' as const, final: true, url: '' },
}
const withErrors = (shown: Shown, errors: Record<string, string>): Shown => ({
  ...shown,
  errors: Object.fromEntries(
    Object.entries(errors).map(([field, key]) => [field, shown.text(key, { length: '6' })]),
  ),
})
const options = (shown: Shown, ...keys: string[]) => ({
  canGoBack: true,
  options: keys.map((key) => ({
    value: key,
    words: shown.text(key, { number: '+1 ••• ••• 0137' }),
  })),
})
const recovery = { recoveryCode: 'ABCD1234EFGH5678JKLM90NP' }

/** Every screen in the states that look different. */
export const screenSamples: readonly Sample[] = [
  {
    ...{ screen: 'login-id', name: 'phone' },
    view: (shown, locale) => loginIdView(shown, { by: 'phone', hasOther: true, ...phone(locale) }),
  },
  {
    ...{ screen: 'login-id', name: 'phone-error' },
    view: (shown, locale) =>
      loginIdView(withErrors(shown, { phone: 'invalid-phone', '': 'too-many-sms' }), {
        ...{ by: 'phone', hasOther: false, ...phone(locale) },
        value: '12',
      }),
  },
  {
    ...{ screen: 'login-id', name: 'username' },
    view: (shown) =>
      loginIdView(shown, { by: 'password', value: '', emailOnly: false, hasOther: true }),
  },
  {
    ...{ screen: 'login-password', name: 'error' },
    view: (shown) =>
      loginPasswordView(withErrors(shown, { password: 'wrong-credentials' }), {
        username: 'jane.roe@example.com',
      }),
  },
  ...(['queued', 'sent', 'delivered', 'failed'] as const).map((state) => ({
    ...{ screen: 'login-passwordless-sms-otp' as const, name: state },
    view: (shown: Shown) =>
      codeView(state === 'failed' ? withErrors(shown, { code: 'invalid-code' }) : shown, {
        ...code,
        ...{ number: '+49 171 1234567', canEdit: true, canRemember: false, hasOtherNumbers: false },
        ...{ hasOtherMethods: false, otherMethod: undefined },
        delivery: { state, final: state !== 'queued', url: '/nowhere' },
      }),
  })),
  { screen: 'mfa-sms-challenge', name: 'sent', view: (shown) => codeView(shown, code) },
  {
    ...{ screen: 'mfa-voice-challenge', name: 'failed' },
    view: (shown) =>
      codeView(shown, {
        ...{ ...code, voice: true, otherMethod: 'sms' },
        delivery: { state: 'failed', final: true, url: '' },
      }),
  },
  {
    ...{ screen: 'mfa-begin-enroll-options', name: 'all' },
    view: (shown) => optionsView(shown, options(shown, 'phoneText', 'otpText')),
  },
  {
    ...{ screen: 'mfa-login-options', name: 'all' },
    view: (shown) =>
      optionsView(shown, options(shown, 'smsText', 'voiceText', 'otpText', 'recoveryCodeText')),
  },
  ...(['mfa-phone-enrollment', 'mfa-sms-enrollment', 'mfa-voice-enrollment'] as const).map(
    (screen) => ({
      ...{ screen, name: 'first' },
      view: (shown: Shown, locale: string) =>
        phoneEnrollmentView(shown, {
          ...phone(locale),
          type: screen === 'mfa-phone-enrollment' ? 'sms' : undefined,
          hasOtherMethods: true,
        }),
    }),
  ),
  {
    ...{ screen: 'mfa-phone-challenge', name: 'first' },
    view: (shown) =>
      phoneChallengeView(shown, {
        ...{ number: '+1 ••• ••• 0137', type: 'sms', hasOtherNumbers: true, hasOtherMethods: true },
      }),
  },
  {
    ...{ screen: 'mfa-sms-list', name: 'two' },
    view: (shown) =>
      optionsView(shown, {
        canGoBack: true,
        options: ['0137', '0138'].map((digits) => ({
          value: digits,
          words: shown.text('numberEndsWith', { digits }),
        })),
      }),
  },
  {
    ...{ screen: 'mfa-otp-enrollment-qr', name: 'first' },
    view: (shown) =>
      otpEnrollmentView(shown, {
        ...{ secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', hasOtherMethods: true },
        uri: 'otpauth://totp/Acme:jane?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme',
      }),
  },
  {
    ...{ screen: 'mfa-otp-challenge', name: 'error' },
    view: (shown) =>
      otpChallengeView(withErrors(shown, { code: 'invalid-code' }), {
        ...{ canRemember: true, remembers: false, hasOtherMethods: true },
      }),
  },
  {
    ...{ screen: 'mfa-recovery-code-enrollment', name: 'error' },
    view: (shown) =>
      recoveryCodeView(withErrors(shown, { confirmed: 'no-confirmation' }), recovery),
  },
  {
    ...{ screen: 'mfa-recovery-code-challenge', name: 'error' },
    view: (shown) =>
      recoveryChallengeView(withErrors(shown, { code: 'invalid-code' }), { hasOtherMethods: true }),
  },
  {
    ...{ screen: 'mfa-recovery-code-challenge-new-code', name: 'first' },
    view: (shown) => recoveryCodeView(shown, recovery),
  },
  ...(['success', 'expired'] as const).map((result) => ({
    ...{ screen: 'mfa-enroll-result' as const, name: result },
    view: (shown: Shown) => enrollResultView(shown, { result }),
  })),
  {
    ...{ screen: 'status', name: 'expired' },
    view: (shown) =>
      statusView(shown, { reason: 'transaction-not-found', backUrl: 'https://app.example/' }),
  },
  {
    ...{ screen: 'logout', name: 'question' },
    view: (shown) => logoutView(shown, { fields: { client_id: 'client' } }),
  },
  {
    ...{ screen: 'logout', name: 'done' },
    view: (shown) => loggedOutView(shown),
  },
]
