import { useRecoveryCode } from '../../../domain/mfa-finish.ts'
import { recoveryChallengeView, recoveryCodeView } from '../screens/mfa-views.ts'
import { finishOf, judge, passed } from './pass.ts'
import { hasOtherWays, waysOf } from './places.ts'
import { type MfaScreen, remember, type Visit } from './visit.ts'

/** The field for a recovery code. */
export const recoveryChallengeScreen: MfaScreen = {
  name: 'mfa-recovery-code-challenge',
  isOpen: (visit) =>
    visit.state.passed === undefined && waysOf(visit).some(({ kind }) => kind === 'recovery-code'),
  async view(visit) {
    const hasOtherMethods = hasOtherWays(visit, 'recovery-code')
    return (shown) => recoveryChallengeView(shown, { hasOtherMethods })
  },
  async submit(visit) {
    const { deps, tenant, form } = visit
    if (form.action === 'pick-authenticator') return { to: 'mfa-login-options' }
    const code = (form.code ?? '').replace(/[\s-]/g, '')
    if (code === '') return { errors: { code: 'no-code' } }
    if (!/^[A-Za-z0-9]{24}$/.test(code)) return { errors: { code: 'invalid-code-format' } }
    const result = await useRecoveryCode(deps, tenant, { ...finishOf(visit), code })
    if (result.outcome === 'right') {
      return passed(visit, { how: 'recovered', recoveryCode: result.recoveryCode })
    }
    // Another page of the same person was quicker: the code is used up.
    if (result.outcome === 'over') return { errors: { code: 'invalid-code' } }
    return judge(visit, result, false)
  },
}

/** A recovery code that is new, after the first enrolment and after one was used; shown once. */
export const recoveryCodeScreens: readonly MfaScreen[] = (
  ['mfa-recovery-code-enrollment', 'mfa-recovery-code-challenge-new-code'] as const
).map((name) => ({
  name,
  isOpen: (visit) => visit.state.recoveryCode !== undefined && recoveryCodeScreen(visit) === name,
  async view({ state }) {
    const { recoveryCode = '' } = state
    return (shown) => recoveryCodeView(shown, { recoveryCode })
  },
  async submit(visit) {
    if (visit.form.confirmed !== 'true') return { errors: { confirmed: 'no-confirmation' } }
    const { recoveryCode: _, ...rest } = visit.state
    await remember(visit, rest, true)
    return 'leave'
  },
}))

/** The screen that shows a new recovery code. */
export const recoveryCodeScreen = ({ state }: Visit) =>
  state.passed === 'recovered'
    ? 'mfa-recovery-code-challenge-new-code'
    : 'mfa-recovery-code-enrollment'
