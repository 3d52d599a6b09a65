import { type Static, Type } from 'typebox'
import { deliveryMethods, type Notification } from '../contract/notifications.ts'
import type { Delivery, DeliveryTools, PhoneProviderKind } from './phone-provider.ts'
import { readTransportFailure } from './transport-failure.ts'
import { readTwilioRefusal, twilioErrors } from './twilio-errors.ts'
import { callTwiml, maxTwimlChars } from './twiml.ts'

/** No patterns: tenants of the original hold SIDs and senders of any form. Source: recorded calls. */
export const TwilioConfiguration = Type.Object(
  {
    sid: Type.String({ title: 'Account SID' }),
    default_from: Type.Optional(Type.String({ title: 'From' })),
    mssid: Type.Optional(Type.String({ title: 'Messaging Service SID' })),
    delivery_methods: Type.Array(Type.Enum(deliveryMethods), {
      title: 'Delivery methods',
      minItems: 1,
      uniqueItems: true,
    }),
  },
  { additionalProperties: false },
)
export type TwilioConfiguration = Static<typeof TwilioConfiguration>

export const TwilioCredentials = Type.Object(
  { auth_token: Type.String({ title: 'Auth Token', minLength: 1, maxLength: 255 }) },
  { additionalProperties: false },
)
export type TwilioCredentials = Static<typeof TwilioCredentials>

const maxBodyChars = 1600

/**
 * Twilio: Programmable Messaging for text, Programmable Voice for voice. Rejects only with the reason
 * of a signal that was aborted for something else than time.
 *
 * Source: Twilio API reference, "Messages" and "Calls" resources, version 2010-04-01.
 */
export const twilio = {
  name: 'twilio' as const,
  limitMs: 10_000,
  deliveryMethods,
  configuration: TwilioConfiguration,
  credentials: TwilioCredentials,

  async send(notification, { configuration, credentials }, tools): Promise<Delivery> {
    const call =
      notification.delivery_method === 'voice'
        ? voiceCall(notification, configuration)
        : textCall(notification, configuration, tools.now)
    if ('outcome' in call) return call

    const { form, warnings } = call
    if (tools.callbackUrl !== undefined) askForStatus(form, call.events, tools.callbackUrl)
    const { sid } = configuration
    const request = {
      url: `${tools.twilioUrl}/2010-04-01/Accounts/${encodeURIComponent(sid)}/${call.resource}.json`,
      authorization: `Basic ${Buffer.from(`${sid}:${credentials.auth_token}`).toString('base64')}`,
      form,
    }
    let reply = await post(request, tools)
    if (form.has('StatusCallback') && refusesCallback(reply)) {
      form.delete('StatusCallback')
      form.delete('StatusCallbackEvent')
      warnings.push('Twilio refused the address for status reports; it was sent without one.')
      reply = await post(request, tools)
    }
    return 'outcome' in reply ? reply : readReply(reply, notification, { warnings, now: tools.now })
  },
} satisfies PhoneProviderKind<TwilioConfiguration, TwilioCredentials>

/** What is asked of Twilio, before it is known whether status reports are. */
type Call = {
  resource: 'Messages' | 'Calls'
  form: URLSearchParams
  /** Each asked for by a parameter of its own. */
  events: readonly string[]
  warnings: string[]
}

function textCall(
  notification: Notification,
  { mssid, default_from }: TwilioConfiguration,
  now: number,
): Call | Delivery {
  const from = notification.from || default_from
  if (!mssid && !from) {
    return refused('no_sender', 'There is no sender for text messages.', senderHint)
  }
  if (notification.as_text.length > maxBodyChars) {
    return refused('text_too_long', `The text is longer than ${maxBodyChars} characters.`, bodyHint)
  }
  const form = new URLSearchParams({ To: notification.recipient, Body: notification.as_text })
  if (mssid) form.set('MessagingServiceSid', mssid)
  else if (from) form.set('From', from)
  if (notification.expires_at !== undefined) {
    const seconds = Math.floor((notification.expires_at - now) / 1000)
    form.set('ValidityPeriod', String(Math.min(Math.max(seconds, 6), 36_000)))
  }
  const ignored = Boolean(mssid && notification.from)
  const warning = 'The sender of the template was ignored: the Messaging Service chooses one.'
  return { resource: 'Messages', form, events: [], warnings: ignored ? [warning] : [] }
}

function voiceCall(
  notification: Notification,
  { default_from }: TwilioConfiguration,
): Call | Delivery {
  const from = notification.from || default_from
  if (!from) {
    return refused('no_voice_sender', 'There is no number to call from.', senderHint)
  }
  const twiml = callTwiml(notification.voice_parts ?? [notification.as_voice], notification.locale)
  if (twiml.length > maxTwimlChars) {
    return refused('voice_too_long', 'The spoken text is longer than a call may bring.', bodyHint)
  }
  return {
    resource: 'Calls',
    form: new URLSearchParams({
      To: notification.recipient,
      From: from,
      Twiml: twiml,
      Timeout: '30',
      TimeLimit: '90',
    }),
    events: ['initiated', 'ringing', 'answered', 'completed'],
    warnings: [],
  }
}

const senderHint =
  'Set From on the phone provider or on the template; a Messaging Service cannot call.'
const bodyHint = "Shorten the tenant's template of this message type."

const refused = (code: string, text: string, hint: string): Delivery => ({
  outcome: 'permanent',
  cause: { code, text, hint },
})

function askForStatus(form: URLSearchParams, events: readonly string[], callbackUrl: string): void {
  form.set('StatusCallback', callbackUrl)
  for (const event of events) form.append('StatusCallbackEvent', event)
}

/** What Twilio answered. */
type Reply = {
  status: number
  sid: string | undefined
  code: string | undefined
  message: string | undefined
  retryAfter: string | undefined
}

async function post(
  request: { url: string; authorization: string; form: URLSearchParams },
  tools: DeliveryTools,
): Promise<Reply | Exclude<Delivery, { outcome: 'accepted' }>> {
  let response: Response
  try {
    response = await tools.fetch(request.url, {
      method: 'POST',
      headers: { authorization: request.authorization, accept: 'application/json' },
      body: request.form,
      // A redirect would take the credentials along.
      redirect: 'manual',
      signal: tools.signal,
    })
  } catch (error) {
    if (tools.signal.aborted && error === tools.signal.reason && !isTimeout(error)) throw error
    return readTransportFailure(error, 'Twilio')
  }
  // The status has already said whether the message was taken; a body that breaks off says less.
  const body = readObject(await response.text().catch(() => ''))
  return {
    status: response.status,
    sid: typeof body.sid === 'string' ? body.sid : undefined,
    code: typeof body.code === 'number' ? String(body.code) : undefined,
    message: typeof body.message === 'string' ? body.message : undefined,
    retryAfter: response.headers.get('retry-after') ?? undefined,
  }
}

const isTimeout = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'TimeoutError'

/** The members of a JSON object; none when it is something else, as an error page in front of Twilio. */
function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

const refusesCallback = (reply: Reply | Delivery): boolean =>
  'status' in reply &&
  reply.status >= 400 &&
  twilioErrors.get(reply.code ?? '')?.withoutCallback === true

function readReply(
  reply: Reply,
  { code, recipient, as_text }: Notification,
  { warnings, now }: { warnings: string[]; now: number },
): Delivery {
  if (reply.status >= 200 && reply.status < 300) {
    if (reply.sid === undefined) warnings.push('Twilio took the message and told no id of it.')
    return {
      outcome: 'accepted',
      ...(reply.sid !== undefined && { providerMessageId: reply.sid }),
      ...(warnings.length > 0 && { warning: warnings.join(' ') }),
    }
  }
  const refusal = {
    status: reply.status,
    ...(reply.code !== undefined && { code: reply.code }),
    ...(reply.message !== undefined && { message: reply.message }),
    ...(reply.retryAfter !== undefined && { retryAfter: reply.retryAfter }),
  }
  return readTwilioRefusal(refusal, { now, secrets: [as_text, recipient, code ?? ''] })
}
