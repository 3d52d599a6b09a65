import type { LeasedMessageRow } from '../store/message-leases.ts'
import type { SealedMessage } from './message-seal.ts'

/** A message that this node holds the lease of, with its secret opened. */
export type LeasedMessage = Omit<LeasedMessageRow, 'sealed'> & {
  secret: SealedMessage
  /** Epoch ms at which other nodes may take the message over. */
  leased_until: number
}
