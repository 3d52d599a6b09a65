import type { DeliveryMethod } from '../contract/notifications.ts'
import type { MessageCause } from '../store/message-outcome.ts'
import { boundActions } from './deployed-action.ts'
import type { Deps } from './deps.ts'
import { guardianTemplates, guardianTwilio, selectedPhoneProvider } from './guardian-settings.ts'
import type { LegacySender } from './legacy-sender.ts'
import { withoutProvider } from './message-route.ts'
import type { Tenant } from './tenant.ts'

/**
 * Where a message of MFA goes by MFA's older settings: its own Twilio account, the bound Actions of
 * `send-phone-message`, or nowhere. There is no built-in provider behind `auth0`.
 */
export async function guardianRoute(
  deps: Deps,
  tenant: Tenant,
  deliveryMethod: DeliveryMethod,
): Promise<
  | { to: 'guardian'; sender: LegacySender }
  | { to: 'inbox' }
  | { to: 'nowhere'; cause: MessageCause }
> {
  const selected = await selectedPhoneProvider(deps, tenant)
  if (selected === 'twilio') return twilioRoute(deps, tenant, deliveryMethod)
  if (selected === 'phone-message-hook') {
    const actions = await boundActions(deps, tenant, 'send-phone-message')
    if (actions.length > 0) return { to: 'guardian', sender: { kind: selected, actions } }
    return nowhere(
      'send_phone_message_action_missing',
      'No Action is bound that sends the messages of MFA.',
      'Bind a deployed Action to send-phone-message, or select another provider for MFA.',
    )
  }
  return withoutProvider(deps, tenant, {
    code: 'guardian_provider_missing',
    text: 'MFA has no phone provider: the built-in one does not exist here.',
    hint: "Select Twilio or an Action for MFA, or let it use the tenant's phone provider.",
  })
}

async function twilioRoute(deps: Deps, tenant: Tenant, deliveryMethod: DeliveryMethod) {
  const { sid, auth_token, from, messaging_service_sid } = await guardianTwilio(deps, tenant)
  if (!sid || !auth_token) {
    return nowhere(
      'guardian_twilio_incomplete',
      "MFA's Twilio account has no SID or no token.",
      'Set both, or select another provider for MFA.',
    )
  }
  if (!from && (deliveryMethod === 'voice' || !messaging_service_sid)) {
    return deliveryMethod === 'voice'
      ? nowhere('no_voice_sender', 'There is no number to call from.', senderHint)
      : nowhere('no_sender', 'There is no sender for text messages.', senderHint)
  }
  const sender: LegacySender = {
    kind: 'twilio',
    configuration: {
      sid,
      ...(from && { default_from: from }),
      ...(messaging_service_sid && { mssid: messaging_service_sid }),
      delivery_methods: ['text', 'voice'],
    },
    credentials: { auth_token },
  }
  return { to: 'guardian' as const, sender }
}

const senderHint = "Set From in MFA's Twilio account; a Messaging Service cannot call."

const nowhere = (code: string, text: string, hint: string) => ({
  to: 'nowhere' as const,
  cause: { code, text, hint },
})

/** MFA's own text for a message; undefined where the default one is meant. */
export async function guardianText(
  deps: Deps,
  tenant: Tenant,
  flow: string,
): Promise<string | undefined> {
  const templates = await guardianTemplates(deps, tenant)
  return flow === 'mfa_enroll' ? templates?.enrollment_message : templates?.verification_message
}
