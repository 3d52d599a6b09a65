import { AppError } from '../../../base/app-error.ts'
import { parsePhoneNumber } from '../../../base/phone-number.ts'
import {
  type MfaSent,
  startPhoneChallenge,
  startPhoneEnrolment,
} from '../../../domain/mfa-phone.ts'
import { codeScreen } from './places.ts'
import type { MfaState, MfaTarget } from './state.ts'
import { remember, type Step, senderOf, type Visit } from './visit.ts'

/**
 * Sends a code. Of two requests that want the same at once one sends. Where nothing could be sent the
 * former code stays good, and the page says why.
 */
export async function sendCode(visit: Visit, target: MfaTarget): Promise<Step> {
  const { deps } = visit
  const { problem: _, sendingAt: __, ...before } = visit.state
  const claimed = await remember(visit, { ...before, target, sendingAt: deps.clock.now() })
  if (!claimed) return { to: 'mfa' }
  const result = await start(visit, target)
  if (typeof result === 'string') {
    if (result === 'user-blocked') return 'send away'
    const kept: MfaState = before.sent === undefined ? { ...before, target } : before
    await remember(visit, { ...kept, problem: result })
    return { to: codeScreen(kept.target ?? target) }
  }
  await remember(visit, { ...before, target, sent: sentOf(visit, result) })
  return { to: codeScreen(target) }
}

/** Sends the first code to a number that is being enrolled. What is wrong with it is told at its field. */
export async function sendToNew(visit: Visit, target: MfaTarget): Promise<Step> {
  const { deps, rows } = visit
  const { problem: _, sendingAt: __, ...before } = visit.state
  const number = parsePhoneNumber(target.number)?.e164
  if (number === undefined) return { errors: { phone: 'invalid-phone' } }
  if (rows.some((row) => row.type === 'phone' && row.confirmed && row.phone_number === number)) {
    return { errors: { phone: 'already-enrolled' } }
  }
  const to = { ...target, number }
  const claimed = await remember(visit, { ...before, target: to, sendingAt: deps.clock.now() })
  if (!claimed) return { to: 'mfa' }
  const result = await start(visit, to)
  if (result === 'user-blocked') return 'send away'
  const failed = typeof result === 'string' ? result : result.refusal && failure(target)
  if (typeof result === 'string' || failed) {
    await remember(visit, before)
    const key = failed || failure(target)
    return { errors: { [atField.has(key) ? 'phone' : '']: key } }
  }
  await remember(visit, { ...before, target: to, sent: sentOf(visit, result) })
  return { to: codeScreen(to) }
}

const atField: ReadonlySet<string> = new Set(['invalid-phone', 'country-not-allowed'])

const sentOf = ({ deps }: Visit, sent: MfaSent): NonNullable<MfaState['sent']> => ({
  ...{ handle: sent.handle, messageId: sent.messageId, at: deps.clock.now() },
  promisesRecoveryCode: sent.recoveryCode !== undefined,
})

/** @returns the key of what went wrong where no code was made */
async function start(visit: Visit, target: MfaTarget): Promise<MfaSent | string> {
  const { deps, tenant } = visit
  const { channel, deviceId, number } = target
  const sender = senderOf(visit)
  try {
    return deviceId === undefined
      ? await startPhoneEnrolment(deps, tenant, { ...sender, channel, phoneNumber: number })
      : await startPhoneChallenge(deps, tenant, { ...sender, channel, deviceId })
  } catch (error) {
    if (error instanceof AppError) return keyOf(error, target)
    throw error
  }
}

function keyOf({ code, message }: AppError, target: MfaTarget): string {
  switch (code) {
    case 'too_many_attempts':
    case 'too_many_requests':
      return target.channel === 'voice' ? 'too-many-voice' : 'too-many-sms'
    case 'user_blocked':
      return 'user-blocked'
    case 'bad_phone_number':
      return /country|countries/i.test(message) ? 'country-not-allowed' : 'invalid-phone'
    default:
      return failure(target)
  }
}

const failure = ({ channel }: MfaTarget): string =>
  channel === 'voice' ? 'send-voice-failed' : 'send-sms-failed'
