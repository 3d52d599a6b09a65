import { AppError } from '../../../base/app-error.ts'
import type { finishPhoneChallenge, MfaFinish } from '../../../domain/mfa-finish.ts'
import { senderLog } from '../../../domain/mfa-phone.ts'
import { signedIn } from '../../../domain/password-login.ts'
import { regenerateRecoveryCode } from '../../../domain/recovery-codes.ts'
import { browserRememberedMs, rememberBrowser } from '../../../domain/remembered-browsers.ts'
import { cookieNames, isSecure } from '../../../oidc/request-context.ts'
import { fresh, remember, type Step, senderOf, type Visit } from './visit.ts'

/** How the pages finish a code: nothing is issued by it, so no grant is completed. */
export function finishOf(visit: Visit): MfaFinish {
  const { languages: _, ...sender } = senderOf(visit)
  const { mayAdd, ticketHash } = visit.subject
  const common = { ...sender, mayAdd, transactionHash: null, refreshToken: null }
  // Who follows a ticket enrols, and signs in nowhere.
  if (ticketHash !== undefined) return { ...common, ticketHash, logs: [] }
  return { ...common, logs: [{ on: 'right', entry: { ...senderLog(sender), ...signedIn } }] }
}

/** What follows from a guess; `wrong` is the key that the page says it with. */
export async function judge(
  visit: Visit,
  result: Awaited<ReturnType<typeof finishPhoneChallenge>>,
  promisesRecoveryCode: boolean,
): Promise<Step> {
  switch (result.outcome) {
    case 'right': {
      const shows = result.enrolled && promisesRecoveryCode
      return passed(visit, {
        how: result.enrolled ? 'enrolled' : 'verified',
        recoveryCode: shows ? await newRecoveryCode(visit) : undefined,
      })
    }
    case 'budget':
      return { errors: { '': 'too-many-failures' }, status: 429 }
    case 'blocked':
      return 'send away'
    case 'over':
      // The device is gone, or somebody was quicker: what is needed now is found out anew.
      await remember(visit, fresh(visit.state))
      return { to: 'mfa' }
    case 'wrong':
      // Of two posts of one form one was right a moment ago; the page finds out by its state.
      if (result.replayed) return { to: 'mfa' }
      return { errors: { code: 'invalid-code' } }
    default:
      return { errors: { code: 'invalid-code' } }
  }
}

/**
 * The second factor was right. Kept whatever else happened meanwhile, so that nobody has to pass it
 * twice; a recovery code is shown before the way goes on.
 */
export async function passed(
  visit: Visit,
  {
    how,
    recoveryCode,
  }: { how: 'enrolled' | 'verified' | 'recovered'; recoveryCode: string | undefined },
): Promise<Step> {
  const { state, form, subject } = visit
  await remember(
    visit,
    { ...fresh(state), passed: how, ...(recoveryCode !== undefined && { recoveryCode }) },
    true,
  )
  if (form.rememberDevice === 'true' && how === 'verified' && subject.offersRemembering) {
    await keepBrowser(visit)
  }
  return recoveryCode === undefined ? 'leave' : { to: 'mfa' }
}

/**
 * The code that came with the enrolment may have been replaced by another page of the same person; the
 * one that is shown is made now.
 */
async function newRecoveryCode({ deps, tenant, subject }: Visit): Promise<string | undefined> {
  try {
    return await regenerateRecoveryCode(deps, tenant, subject.userId)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

async function keepBrowser({ deps, tenant, subject, reply }: Visit): Promise<void> {
  const token = await rememberBrowser(deps, tenant, subject.userId)
  const attributes = ['Path=/', `Max-Age=${browserRememberedMs / 1000}`, 'HttpOnly', 'SameSite=Lax']
  if (isSecure(tenant)) attributes.push('Secure')
  const { rememberedBrowser } = cookieNames(tenant)
  reply.header('set-cookie', `${rememberedBrowser}=${token}; ${attributes.join('; ')}`)
}
