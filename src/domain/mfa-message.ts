import type { PhoneNumber } from '../base/phone-number.ts'
import type { DeliveryMethod } from '../contract/notifications.ts'
import type { MessageCause } from '../store/message-outcome.ts'
import type { PlainMessage } from '../store/messages.ts'
import type { Deps } from './deps.ts'
import { guardianRoute } from './guardian-sender.ts'
import type { LeasedMessage } from './leased-message.ts'
import {
  deliverAndWait,
  deliverInBackground,
  placeForDelivery,
  placeForWaiting,
} from './message-delivery.ts'
import { newMessageId } from './message-id.ts'
import { messageRoute } from './message-route.ts'
import { type SealedMessage, sealMessage } from './message-seal.ts'
import { recipientHash } from './recipients.ts'
import type { Tenant } from './tenant.ts'
import { loggedNumber } from './tenant-logs.ts'

/** A code of a second factor that is to be sent. */
export type MfaMessage = {
  flow: 'mfa_enroll' | 'mfa_challenge'
  deliveryMethod: DeliveryMethod
  phone: PhoneNumber
  code: string
  /** Epoch milliseconds. */
  expiresAt: number
  userId: string
  clientId: string | null
  /** Name of the connection of the first factor. */
  connection: string | null
  /** As `resolveLocale` gives it. */
  locale: string
  request: SealedMessage['request']
  /**
   * Stores the row and the challenge that it carries the code of, in one transaction or statement; the
   * challenge holds the row's id.
   */
  store(row: PlainMessage): Promise<void>
}

/**
 * Stores a code of a second factor with its message and sends it: by the tenant's provider, after the
 * reply, or by MFA's older settings, while the caller waits.
 *
 * @returns the row's id, and what the person is told went wrong; undefined when it left or is on its way
 */
export async function sendMfaMessage(
  deps: Deps,
  tenant: Tenant,
  message: MfaMessage,
): Promise<{ id: string; refusal: string | undefined }> {
  const { flow, deliveryMethod, phone } = message
  const connection = undefined // MFA follows no connection's settings
  const route = messageRoute(deps, tenant, { flow, connection, deliveryMethod })
  const waits = route.to === 'guardian'
  const now = deps.clock.now()
  const place = waits ? placeForWaiting(deps, now) : placeForDelivery(deps, now)
  const id = newMessageId(deps)
  const secret: SealedMessage = {
    recipient: phone.e164,
    code: message.code,
    request: message.request,
  }
  const row = {
    ...{ tenant_id: tenant.id, id, flow, delivery_method: deliveryMethod },
    message_type: flow === 'mfa_enroll' ? 'otp_enroll' : 'otp_verify',
    recipient_masked: loggedNumber(phone.e164),
    recipient_hash: recipientHash(tenant, phone.e164),
    client_id: message.clientId,
    connection: message.connection,
    user_id: message.userId,
    locale: message.locale,
    created_at: now,
    expires_at: message.expiresAt,
  }
  await message.store({
    ...row,
    state: place.state,
    country: phone.country ?? null,
    sealed: sealMessage(deps, tenant.id, id, secret),
    lease_owner: deps.nodeId,
    due_at: place.dueAt,
  })
  if (place.state !== 'sending') return { id, refusal: undefined }
  const leased: LeasedMessage = {
    ...{ ...row, secret, decoy: false, attempts_count: 1, possible_duplicate: false },
    leased_until: place.dueAt,
  }
  if (waits) return { id, refusal: await deliverAndWait(deps, tenant, leased) }
  deliverInBackground(deps, tenant, leased)
  return { id, refusal: undefined }
}

/**
 * Why codes of a second factor cannot be delivered this way at the moment; undefined when they can. For
 * offering factors, and for refusing a request before anything is counted.
 */
export async function mfaDeliveryProblem(
  deps: Deps,
  tenant: Tenant,
  deliveryMethod: DeliveryMethod,
): Promise<MessageCause | undefined> {
  const flow = 'mfa_challenge'
  const route = messageRoute(deps, tenant, { flow, connection: undefined, deliveryMethod })
  const final = route.to === 'guardian' ? await guardianRoute(deps, tenant, deliveryMethod) : route
  if (final.to === 'nowhere') return final.cause
  const template = tenant.phoneTemplates.find(({ type }) => type === 'otp_verify')
  if (final.to === 'guardian' || template?.disabled !== true) return undefined
  return {
    code: 'template_disabled',
    text: 'The message template is disabled.',
    hint: 'Enable the template.',
  }
}
