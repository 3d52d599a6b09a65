import type { Notification } from '../contract/notifications.ts'
import { clientOf, requestOf, strangerOf, userOf } from './action-event.ts'
import type { Deps } from './deps.ts'
import { type LeasedMessage, userOfMessage } from './leased-message.ts'
import type { Tenant } from './tenant.ts'

/**
 * The event that a `send-phone-message` Action gets, without its secrets, in version 2; version 1 is
 * made of it where the code runs. Source: Auth0's reference of the trigger, version 2.
 */
export async function sendPhoneMessageEvent(
  deps: Deps,
  tenant: Tenant,
  message: LeasedMessage,
  notification: Notification,
): Promise<Record<string, unknown>> {
  const user = await userOfMessage(deps, message)
  const byVoice = notification.delivery_method === 'voice'
  const { login_count: _, ...described } = user === undefined ? strangerOf(message) : userOf(user)
  return {
    ...(message.client_id !== null && { client: await clientOf(tenant, message) }),
    configuration: {},
    message_options: {
      action:
        notification.message_type === 'otp_enroll' ? 'enrollment' : 'second-factor-authentication',
      ...(notification.code !== undefined && { code: notification.code }),
      message_type: byVoice ? 'voice' : 'sms',
      recipient: notification.recipient,
      text: byVoice ? notification.as_voice : notification.as_text,
    },
    request: requestOf(tenant, message),
    tenant: { id: tenant.id },
    user: described,
  }
}
