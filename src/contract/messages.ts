import { type Static, Type } from 'typebox'
import { messageStates, messageTypes } from './notifications.ts'

/** `GET /api/v2/phone/messages` and `/{id}`: what became of each message. */

const Time = Type.String({
  description: 'A date and time in ISO 8601',
  pattern:
    '^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,9})?)?(Z|[+ -][0-9]{2}:[0-9]{2}))?$',
})

/** What a list of messages may be narrowed by; paging comes beside it. */
export const phoneMessageFilter = {
  recipient: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: 'A phone number in E.164' }),
  ),
  state: Type.Optional(Type.Enum(messageStates)),
  message_type: Type.Optional(Type.Enum(messageTypes)),
  provider: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  created_after: Type.Optional(Time),
  created_before: Type.Optional(Time),
}

const Cause = Type.Object({ code: Type.String(), text: Type.String(), hint: Type.String() })

/** One message; never its text, its code or its whole number. */
export const PhoneMessageView = Type.Object({
  /** `ntf_` and 22 hex digits that sort by time. */
  id: Type.String(),
  message_type: Type.String(),
  flow: Type.String(),
  delivery_method: Type.String(),
  /** Masked. */
  recipient: Type.String(),
  /** Equal for equal numbers of the tenant, 64 hex digits. */
  recipient_hash: Type.String(),
  country: Type.Union([Type.String(), Type.Null()]),
  provider: Type.Union([Type.String(), Type.Null()]),
  state: Type.String(),
  possible_duplicate: Type.Boolean(),
  attempts_count: Type.Integer(),
  cause: Type.Union([Cause, Type.Null()]),
  client_id: Type.Union([Type.String(), Type.Null()]),
  user_id: Type.Optional(Type.String()),
  connection: Type.Union([Type.String(), Type.Null()]),
  created_at: Type.String(),
  updated_at: Type.String(),
  expires_at: Type.String(),
})
export type PhoneMessageView = Static<typeof PhoneMessageView>

export const PhoneMessageAttempt = Type.Object({
  number: Type.Integer(),
  started_at: Type.String(),
  ended_at: Type.String(),
  outcome: Type.String(),
  provider_message_id: Type.Optional(Type.String()),
  provider_error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
})
export type PhoneMessageAttempt = Static<typeof PhoneMessageAttempt>

export const PhoneMessageDetails = Type.Object({
  ...PhoneMessageView.properties,
  attempts: Type.Array(PhoneMessageAttempt),
})
export type PhoneMessageDetails = Static<typeof PhoneMessageDetails>

export const PhoneMessageList = Type.Object({
  messages: Type.Array(PhoneMessageView),
  /** Asks for the next page as `from`; absent on the last one. */
  next: Type.Optional(Type.String()),
})
