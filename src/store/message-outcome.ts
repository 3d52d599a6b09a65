import { type Static, Type } from 'typebox'

/** One try, as `messages.attempts` holds it; times in epoch ms. */
export const MessageAttempt = Type.Object({
  number: Type.Number(),
  started_at: Type.Number(),
  ended_at: Type.Number(),
  outcome: Type.Enum(['accepted', 'retry', 'permanent', 'unknown']),
  provider_message_id: Type.Optional(Type.String()),
  provider_error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
})
export type MessageAttempt = Static<typeof MessageAttempt>

/** Why a message ended as it did, in plain words. */
export const MessageCause = Type.Object({
  code: Type.String(),
  text: Type.String(),
  hint: Type.String(),
})
export type MessageCause = Static<typeof MessageCause>
