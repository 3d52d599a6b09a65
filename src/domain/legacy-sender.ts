import type { SmsGateway } from '../providers/sms-gateway.ts'
import type { TwilioConfiguration, TwilioCredentials } from '../providers/twilio.ts'
import type { DeployedAction } from './deployed-action.ts'
import type { Connection } from './tenant.ts'

/** A way to send that is not the tenant's phone provider: the older settings of a single feature. */
export type LegacySender =
  | { kind: 'twilio'; configuration: TwilioConfiguration; credentials: TwilioCredentials }
  | { kind: 'sms_gateway'; gateway: SmsGateway }
  | { kind: 'phone-message-hook'; actions: readonly DeployedAction[] }

/**
 * What a connection of strategy `sms` sends through by itself: its gateway, or its own Twilio account.
 * Undefined when neither is there in full.
 */
export function connectionSender({ options }: Connection): LegacySender | undefined {
  const text = (name: string): string | undefined => {
    const value = options[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  if (options.provider === 'sms_gateway') {
    const url = text('gateway_url')
    if (url === undefined) return undefined
    const authentication = options.gateway_authentication as SmsGateway['authentication'] | null // checked when written
    return {
      kind: 'sms_gateway',
      gateway: {
        url,
        sender: text('from') ?? '',
        // Some tools write the word.
        forwardsRequest: options.forward_req_info === true || options.forward_req_info === 'true',
        ...(authentication != null && { authentication }),
      },
    }
  }
  const sid = text('twilio_sid')
  const token = text('twilio_token')
  if (sid === undefined || token === undefined) return undefined
  const [from, service] = [text('from'), text('messaging_service_sid')]
  return {
    kind: 'twilio',
    configuration: {
      sid,
      ...(from !== undefined && { default_from: from }),
      ...(service !== undefined && { mssid: service }),
      delivery_methods: ['text'],
    },
    credentials: { auth_token: token },
  }
}
