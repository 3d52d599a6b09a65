import type { MfaChannel } from '../../../contract/mfa.ts'
import type { Deps } from '../../../domain/deps.ts'
import { open, seal } from '../../../domain/sealing.ts'

/** The phone that a code goes to. */
export type MfaTarget = {
  channel: MfaChannel
  /** E.164. */
  number: string
  /** The device; absent for a number that is being enrolled. */
  deviceId?: string
}

/** What the pages of a second factor remember between two of them. */
export type MfaState = {
  /** Who it is about; another person begins anew. */
  userId: string
  /** The code that was asked for last, or is being asked for. */
  target?: MfaTarget
  /** The code that is on its way, by the value that it is finished with. */
  sent?: { handle: string; messageId: string; at: number; promisesRecoveryCode: boolean }
  /** Epoch ms; a request of this browser is about to send. */
  sendingAt?: number
  /** Why the last code could not be asked for: a key of the screen. */
  problem?: string
  /** The app that is being enrolled. */
  app?: { secret: string; uri: string; promisesRecoveryCode: boolean }
  /** The person chose this method and not the usual one. */
  chosen?: 'otp' | 'recovery-code' | 'phone'
  /** What was typed before, for a number that is to be corrected. */
  number?: string
  /** The phone that a person chose of several, before it chose how to be reached. */
  deviceId?: string
  /** The second factor was right: nothing but the way out is left. */
  passed?: 'enrolled' | 'verified' | 'recovered'
  /** To be shown, until the person says that it was kept. */
  recoveryCode?: string
}

/**
 * Seals what the pages remember: it holds values by which codes are finished, and the recovery code.
 *
 * @param owner what it is kept with; it cannot be opened for another
 */
export const sealState = (deps: Deps, tenantId: string, owner: string, state: unknown): string =>
  seal(deps, tenantId, 'page-state', owner, JSON.stringify(state)).toString('base64url')

/** @returns undefined for what was never sealed for this owner, or with a key that is gone */
export function openState(
  deps: Deps,
  tenantId: string,
  owner: string,
  sealed: string | undefined,
): unknown {
  if (sealed === undefined) return undefined
  try {
    const bytes = Buffer.from(sealed, 'base64url')
    return JSON.parse(open(deps, tenantId, 'page-state', owner, bytes).toString())
  } catch {
    return undefined
  }
}
