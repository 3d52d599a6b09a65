/** The words of phone notifications, in Auth0's spelling. Source: SDK types of `auth0` 7. */

export const messageTypes = [
  'otp_verify',
  'otp_enroll',
  'change_password',
  'blocked_account',
  'password_breach',
] as const
export type MessageType = (typeof messageTypes)[number]

export const deliveryMethods = ['text', 'voice'] as const
export type DeliveryMethod = (typeof deliveryMethods)[number]

/** What raised a notification. */
export const flows = [
  'passwordless',
  'mfa_enroll',
  'mfa_challenge',
  'identifier_verify',
  'db_otp',
  'password_reset',
  'attack_protection',
  'test',
] as const
export type Flow = (typeof flows)[number]

/** Where a message stands. The last four are final. */
export const messageStates = [
  'queued',
  'sending',
  'accepted',
  'delivered',
  'failed',
  'dropped',
  'cancelled',
] as const
export type MessageState = (typeof messageStates)[number]

/** How one try to hand a message over ended. */
export type AttemptOutcome = 'accepted' | 'retry' | 'permanent' | 'unknown'

/** One rendered notification, as a provider gets it. */
export type Notification = {
  /** `ntf_…`; the client reference at providers that take one. */
  id: string
  message_type: MessageType
  delivery_method: DeliveryMethod
  /** E.164 */
  recipient: string
  /** Sender from the template; the provider's own default applies when absent. */
  from?: string
  /** BCP 47, with a hyphen. */
  locale: string
  as_text: string
  as_voice: string
  /**
   * `as_voice` cut at its `pause` variables: a second of silence belongs between each two. An empty
   * string stands where two pauses meet. Absent where a body never had pauses.
   */
  voice_parts?: readonly string[]
  /** Unspelled; absent for notices. */
  code?: string
  /** Epoch ms at which the code dies; absent for notices. */
  expires_at?: number
}
