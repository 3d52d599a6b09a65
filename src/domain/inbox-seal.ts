import type { InboxMessage } from '../contract/inbox.ts'
import type { Notification } from '../contract/notifications.ts'
import type { Deps } from './deps.ts'
import { open, seal } from './sealing.ts'
import type { Tenant } from './tenant.ts'

/** What the inbox keeps of a notification, sealed: it holds a code and a whole number. */
export function sealInboxMessage(
  deps: Pick<Deps, 'secretBox'>,
  tenant: Pick<Tenant, 'id'>,
  id: string,
  notification: Notification,
  createdAt: number,
): Buffer {
  const message: InboxMessage = {
    id,
    recipient: notification.recipient,
    delivery_method: notification.delivery_method,
    message_type: notification.message_type,
    text: notification.as_text,
    voice: notification.as_voice,
    ...(notification.code !== undefined && { code: notification.code }),
    created_at: new Date(createdAt).toISOString(),
  }
  return seal(deps, tenant.id, 'inbox-message', id, JSON.stringify(message))
}

/** @throws Error when the master key is missing */
export const openInboxMessage = (
  deps: Pick<Deps, 'secretBox'>,
  tenant: Pick<Tenant, 'id'>,
  id: string,
  sealed: Uint8Array,
): InboxMessage => JSON.parse(open(deps, tenant.id, 'inbox-message', id, sealed).toString())
