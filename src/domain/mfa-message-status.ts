import { findMessageStatus } from '../store/messages.ts'
import type { Deps } from './deps.ts'
import { messageWay } from './message-route.ts'
import { wireState } from './passwordless-status.ts'
import type { Tenant } from './tenant.ts'

/** What became of a message, and whether that may still change. */
export type MessageStatus = { state: ReturnType<typeof wireState>; final: boolean }

/**
 * What became of the message of a second factor; undefined for one that is not there any more. Whoever
 * sends by MFA's older settings reports nothing after it took the message.
 */
export async function mfaMessageStatus(
  deps: Deps,
  tenant: Tenant,
  messageId: string,
): Promise<MessageStatus | undefined> {
  const message = await findMessageStatus(deps.db, tenant.id, messageId)
  if (message === undefined) return undefined
  const state = wireState(message.state)
  const reportsFollow =
    state === 'sent' &&
    deps.options.callbacks &&
    messageWay(tenant, { flow: 'mfa_challenge', connection: undefined }) === 'tenant'
  return { state, final: state !== 'queued' && !reportsFollow }
}
