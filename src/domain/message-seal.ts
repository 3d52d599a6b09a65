import type { Deps } from './deps.ts'
import { open, seal } from './sealing.ts'

/** What a message row holds sealed until the message is handed over or its code has died. */
export type SealedMessage = {
  /** E.164 */
  recipient: string
  /** Absent for notices. */
  code?: string
  /** The request that raised the message, for templates and Actions. */
  request: {
    ip: string
    user_agent: string
    language: string
    /** It was raised by a page of the tenant's own host, where the code will be typed. */
    on_page?: true
  }
}

export const sealMessage = (
  deps: Pick<Deps, 'secretBox'>,
  tenantId: string,
  id: string,
  secret: SealedMessage,
): Buffer => seal(deps, tenantId, 'message', id, JSON.stringify(secret))

/** @throws Error when the master key is missing */
export const openMessage = (
  deps: Pick<Deps, 'secretBox'>,
  tenantId: string,
  id: string,
  sealed: Uint8Array,
): SealedMessage => JSON.parse(open(deps, tenantId, 'message', id, sealed).toString())
