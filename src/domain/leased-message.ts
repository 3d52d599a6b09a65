import type { LeasedMessageRow } from '../store/message-leases.ts'
import { findMessageUser, type MessageUserRow } from '../store/message-users.ts'
import type { Deps } from './deps.ts'
import type { SealedMessage } from './message-seal.ts'

/** A message that this node holds the lease of, with its secret opened. */
export type LeasedMessage = Omit<LeasedMessageRow, 'sealed'> & {
  secret: SealedMessage
  /** Epoch ms at which other nodes may take the message over. */
  leased_until: number
  /** The user, where whoever leased the message has read it; else it is read when it is needed. */
  user?: { row: MessageUserRow | undefined }
}

/**
 * Whom a message is for; undefined for a stranger. Asked for nobody too, because a stranger's message takes
 * as many statements as an account's.
 */
export async function userOfMessage(
  deps: Deps,
  message: LeasedMessage,
): Promise<MessageUserRow | undefined> {
  if (message.user !== undefined) return message.user.row
  return findMessageUser(deps.db, message.tenant_id, message.user_id ?? '')
}
