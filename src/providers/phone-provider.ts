import type { TSchema } from 'typebox'
import type { Logger } from '../base/logger.ts'
import type { ActionResult } from '../contract/actions.ts'
import type { DeliveryMethod, Notification } from '../contract/notifications.ts'

/** How a carrier answered one try. A union, because the caller decides what follows. */
export type Delivery =
  | {
      outcome: 'accepted'
      /** The carrier's id of the message (`SM…`, `CA…`). */
      providerMessageId?: string
      /** Something odd that did not stop the message: a `wn` log entry. */
      warning?: string
    }
  | {
      /** `retry`: not taken, try again. `permanent`: never. `unknown`: may have been taken. */
      outcome: 'retry' | 'permanent' | 'unknown'
      cause: FailureCause
      /** What the carrier said, without code or number. */
      providerError?: { code: string; message: string }
      /** Seconds the carrier asked to wait (`Retry-After`). */
      retryAfterS?: number
      /** With `retry`: at most this many tries in all (2 for "once more"). */
      maxAttempts?: number
    }

/** A failure in plain words: what happened and what to do about it. */
export type FailureCause = {
  /** Stable word, e.g. `twilio_21408`, `connection_refused`, `result_unknown`, `no_voice_sender`. */
  code: string
  /** What happened, one sentence. */
  text: string
  /** What the administrator can do, one sentence. */
  hint: string
}

/** What the host lends a provider for one try. */
export type DeliveryTools = {
  fetch: typeof fetch
  /** Aborts at the provider's time limit and when the node drains. */
  signal: AbortSignal
  log: Logger
  /** Where the carrier reports later states; absent when the server has no public address. */
  callbackUrl?: string
  /** `TRUNKLINE_TWILIO_URL`, without trailing slash. */
  twilioUrl: string
  /** Epoch milliseconds. */
  now: number
  /** Runs the tenant's own code with this message; undefined when none is deployed. */
  runAction: () => Promise<ActionResult | undefined>
}

/** One way to reach a phone. */
export type PhoneProviderKind<Configuration, Credentials> = {
  name: string
  /** The longest that one try may take, in milliseconds; well below the lease. */
  limitMs: number
  deliveryMethods: readonly DeliveryMethod[]
  configuration: TSchema
  credentials: TSchema
  send(
    notification: Notification,
    settings: { configuration: Configuration; credentials: Credentials },
    tools: DeliveryTools,
  ): Promise<Delivery>
}
