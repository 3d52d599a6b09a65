import { formatPhoneNumber } from '../../../base/phone-number.ts'
import type { MfaChannel } from '../../../contract/mfa.ts'
import { normalizeCode } from '../../../domain/codes.ts'
import { finishPhoneChallenge } from '../../../domain/mfa-finish.ts'
import { mfaMessageStatus } from '../../../domain/mfa-message-status.ts'
import { codeView } from '../screens/code-view.ts'
import { maskedNumber } from './masked-number.ts'
import { finishOf, judge } from './pass.ts'
import { codeScreen, hasOtherWays, phonesOf, targetOf } from './places.ts'
import { sendCode } from './send.ts'
import type { MfaTarget } from './state.ts'
import { type MfaScreen, remember, type Step, type Visit } from './visit.ts'

/** How long the button to send again waits after a message; the limits of the server stand beside it. */
const resendWaitMs = 30_000
/** A message that was about to be sent this long ago was not. */
const sendingMs = 30_000

/** The screens for the code of a text and of a call, in an enrolment and later alike. */
export const codeScreens: readonly MfaScreen[] = (['sms', 'voice'] as const).map((channel) => ({
  name: `mfa-${channel}-challenge` as const,
  isOpen: (visit) => targetOf(visit)?.channel === channel,
  view,
  submit: (visit) => submit(visit, targetAt(visit)),
}))

function targetAt(visit: Visit): MfaTarget {
  const target = targetOf(visit)
  if (target === undefined) throw new Error('a code is shown that was asked for by nobody')
  return target
}

const otherChannel = ({ settings }: Visit, { channel }: MfaTarget): MfaChannel | undefined =>
  settings.channels.find((each) => each !== channel)

async function view(visit: Visit): ReturnType<MfaScreen['view']> {
  const { deps, state, subject, mode, form } = visit
  const target = targetAt(visit)
  const isNew = target.deviceId === undefined
  const waitMs = (state.sent?.at ?? 0) + resendWaitMs - deps.clock.now()
  const told = await deliveryState(visit)
  return (shown) =>
    codeView(shown, {
      number: isNew ? formatPhoneNumber(target.number) : maskedNumber(target.number),
      ...{ canEdit: isNew, voice: target.channel === 'voice' },
      otherMethod: otherChannel(visit, target),
      hasOtherNumbers: !isNew && phonesOf(visit).length > 1,
      hasOtherMethods: hasOtherWays(visit, target),
      canRemember: mode === 'challenge' && subject.offersRemembering,
      remembers: form.rememberDevice === 'true',
      resendWaitS: Math.max(0, Math.ceil(waitMs / 1000)),
      delivery: told && {
        ...told,
        url: `/u/mfa-delivery?state=${encodeURIComponent(subject.state)}`,
      },
    })
}

/** What the page says of the message: nothing where none was sent. */
export async function deliveryState({
  deps,
  tenant,
  state,
}: Pick<Visit, 'deps' | 'tenant' | 'state'>) {
  if (state.sendingAt !== undefined && deps.clock.now() < state.sendingAt + sendingMs) {
    return { state: 'queued' as const, final: false }
  }
  return state.sent && mfaMessageStatus(deps, tenant, state.sent.messageId)
}

async function submit(visit: Visit, target: MfaTarget): Promise<Step> {
  const { form, state } = visit
  const other = otherChannel(visit, target)
  switch (form.action) {
    case 'resend-code':
      return sendCode(visit, target)
    case 'get-a-call':
    case 'switch-sms': {
      const wanted = form.action === 'get-a-call' ? 'voice' : 'sms'
      return wanted === other ? sendCode(visit, { ...target, channel: wanted }) : { to: 'mfa' }
    }
    case 'edit': {
      const { userId } = state
      await remember(visit, { userId, chosen: 'phone', number: target.number })
      return { to: 'mfa' }
    }
    case 'pick-phone':
      return { to: phonesOf(visit).length > 1 ? 'mfa-sms-list' : codeScreen(target) }
    case 'pick-authenticator':
      return { to: visit.mode === 'enroll' ? 'mfa-begin-enroll-options' : 'mfa-login-options' }
    default:
      return check(visit)
  }
}

async function check(visit: Visit): Promise<Step> {
  const { deps, tenant, form, state } = visit
  const code = normalizeCode(form.code ?? '')
  if (code === '') return { errors: { code: 'no-code' } }
  if (!/^[0-9]{6}$/.test(code)) return { errors: { code: 'invalid-otp-code-format' } }
  if (state.sent === undefined) return { errors: { code: 'invalid-code' } }
  const { handle, promisesRecoveryCode } = state.sent
  const result = await finishPhoneChallenge(deps, tenant, { ...finishOf(visit), handle, code })
  return judge(visit, result, promisesRecoveryCode)
}
