import { type Static, Type } from 'typebox'
import { deliveryMethods, messageTypes } from './notifications.ts'

/**
 * One message of the development inbox, rendered exactly as it would have been sent.
 * The same on `GET /api/v2/phone/inbox` and behind the page `/inbox`.
 */
export const InboxMessage = Type.Object({
  /** Sorts by time: of two messages the newer one has the greater id. */
  id: Type.String(),
  /** E.164, whole: the inbox is the one place where a number is not masked. */
  recipient: Type.String(),
  delivery_method: Type.Enum(deliveryMethods),
  message_type: Type.Enum(messageTypes),
  /** What a text message says. */
  text: Type.String(),
  /** What a call says. */
  voice: Type.String(),
  /** Unspelled; absent for notices. */
  code: Type.Optional(Type.String()),
  /** ISO 8601. */
  created_at: Type.String(),
})
export type InboxMessage = Static<typeof InboxMessage>

/** The answer of both lists, newest message first. */
export const InboxMessageList = Type.Object({ messages: Type.Array(InboxMessage) })
export type InboxMessageList = Static<typeof InboxMessageList>
