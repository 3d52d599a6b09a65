import { AppError } from '../../../base/app-error.ts'
import { normalizeCode } from '../../../domain/codes.ts'
import { finishOtpChallenge } from '../../../domain/mfa-finish.ts'
import { startOtpEnrolment } from '../../../domain/mfa-otp.ts'
import { otpChallengeView, otpEnrollmentView } from '../screens/otp-views.ts'
import { finishOf, judge } from './pass.ts'
import { enrollable, hasOtherWays, waysOf } from './places.ts'
import { fresh, type MfaScreen, remember, type Step, senderOf, type Visit } from './visit.ts'

/** Begins to enrol an authenticator app. */
export async function startApp(visit: Visit): Promise<Step> {
  const { deps, tenant, state } = visit
  try {
    const { secret, uri, recoveryCode } = await startOtpEnrolment(deps, tenant, senderOf(visit))
    const app = { secret, uri, promisesRecoveryCode: recoveryCode !== undefined }
    await remember(visit, { ...fresh(state), chosen: 'otp', app })
    return { to: 'mfa-otp-enrollment-qr' }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.code === 'user_blocked'
      ? 'send away'
      : { errors: { '': 'authentication-failure' } }
  }
}

/** The key of an app, as a picture and as text, and its first code. */
export const otpEnrollmentScreen: MfaScreen = {
  name: 'mfa-otp-enrollment-qr',
  isOpen: (visit) =>
    visit.state.passed === undefined &&
    visit.state.app !== undefined &&
    enrollable(visit).includes('otp'),
  async view(visit) {
    const { secret, uri } = appOf(visit)
    const hasOtherMethods = hasOtherWays(visit, 'otp')
    return (shown) => otpEnrollmentView(shown, { secret, uri, hasOtherMethods })
  },
  async submit(visit) {
    if (visit.form.action === 'pick-authenticator') return { to: 'mfa-begin-enroll-options' }
    return check(visit, appOf(visit).promisesRecoveryCode)
  },
}

function appOf({ state }: Visit) {
  if (state.app === undefined) throw new Error('an app is shown that nobody enrols')
  return state.app
}

/** The code of an app that is enrolled. */
export const otpChallengeScreen: MfaScreen = {
  name: 'mfa-otp-challenge',
  isOpen: (visit) =>
    visit.state.passed === undefined && waysOf(visit).some(({ kind }) => kind === 'otp'),
  async view(visit) {
    return (shown) =>
      otpChallengeView(shown, {
        canRemember: visit.subject.offersRemembering,
        remembers: visit.form.rememberDevice === 'true',
        hasOtherMethods: hasOtherWays(visit, 'otp'),
      })
  },
  async submit(visit) {
    if (visit.form.action === 'pick-authenticator') return { to: 'mfa-login-options' }
    return check(visit, false)
  },
}

async function check(visit: Visit, promisesRecoveryCode: boolean): Promise<Step> {
  const { deps, tenant, form } = visit
  const code = normalizeCode(form.code ?? '')
  if (code === '') return { errors: { code: 'no-code' } }
  if (!/^[0-9]{6}$/.test(code)) return { errors: { code: 'invalid-otp-code-format' } }
  const result = await finishOtpChallenge(deps, tenant, { ...finishOf(visit), code })
  return judge(visit, result, promisesRecoveryCode)
}
