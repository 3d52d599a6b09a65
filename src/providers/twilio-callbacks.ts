import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { FailureCause } from './phone-provider.ts'
import { readTwilioErrorCode, type TwilioErrorClass } from './twilio-errors.ts'

/** A request that claims to come from Twilio. */
export type SignedRequest = {
  /** The current auth token and, for a day after a change, the former one. */
  authTokens: readonly string[]
  /** The address as it was given to Twilio, with its query. */
  url: string
  /** Every parameter of the form body, decoded; empty for a JSON body. */
  params: URLSearchParams
  /** `X-Twilio-Signature`. */
  signature: string
  /** The bytes of a JSON body; the address then carries their `bodySHA256`. */
  jsonBody?: string
}

/**
 * Whether Twilio signed the request with one of the tokens: HMAC-SHA-1 over the address and every
 * parameter, sorted by name. All combinations are computed and compared in constant time.
 *
 * Source: Twilio, "Webhooks security", validation of `X-Twilio-Signature`.
 */
export function verifyTwilioSignature(request: SignedRequest): boolean {
  const given = Buffer.from(request.signature)
  const parameters = signedParameters(request.params)
  let valid = false
  for (const token of request.authTokens) {
    for (const url of portVariants(request.url)) {
      const mac = createHmac('sha1', token).update(url + parameters)
      const expected = Buffer.from(mac.digest('base64'))
      if (given.length === expected.length && timingSafeEqual(given, expected)) valid = true
    }
  }
  return valid && (request.jsonBody === undefined || hasBodyHash(request.url, request.jsonBody))
}

/** Names in byte order; a name that comes twice is followed by its different values, sorted. */
function signedParameters(params: URLSearchParams): string {
  return [...new Set(params.keys())]
    .sort()
    .flatMap((name) => [...new Set(params.getAll(name))].sort().map((value) => name + value))
    .join('')
}

/** Twilio signs the default port or leaves it out. The rest of the address stays as it was written. */
function portVariants(url: string): string[] {
  const match = /^(https?):\/\/(\[[^\]]*\]|[^/?#:]*)(:[0-9]+)?/i.exec(url)
  if (match === null) return [url]
  const [origin, scheme = '', , port] = match
  const rest = url.slice(origin.length)
  const defaultPort = scheme.toLowerCase() === 'https' ? ':443' : ':80'
  if (port === undefined) return [url, origin + defaultPort + rest]
  return port === defaultPort ? [url, origin.slice(0, -port.length) + rest] : [url]
}

function hasBodyHash(url: string, body: string): boolean {
  const given = Buffer.from(URL.parse(url)?.searchParams.get('bodySHA256') ?? '')
  const expected = Buffer.from(createHash('sha256').update(body).digest('hex'))
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** What a status report says. */
export type TwilioStatus = {
  /** Reports come in any order: one with a lower rank than what is known changes nothing. */
  rank: number
  /** `ignored`: nothing to record. */
  state: 'accepted' | 'delivered' | 'failed' | 'ignored'
  /** `SM…`, `MM…` or `CA…`; empty when the report names none. */
  providerMessageId: string
  /** With `failed`. */
  cause?: FailureCause
  /** With `failed` and an error code of Twilio's. */
  errorClass?: TwilioErrorClass
}

/** The rank of a status that is the last one. */
export const finalRank = 4

type Reading = Pick<TwilioStatus, 'rank' | 'state'>

const messageStatuses: Readonly<Record<string, Reading>> = {
  accepted: { rank: 0, state: 'accepted' },
  scheduled: { rank: 0, state: 'accepted' },
  queued: { rank: 1, state: 'accepted' },
  sending: { rank: 2, state: 'accepted' },
  sent: { rank: 3, state: 'accepted' },
  delivered: { rank: finalRank, state: 'delivered' },
  read: { rank: finalRank, state: 'delivered' },
  undelivered: { rank: finalRank, state: 'failed' },
  failed: { rank: finalRank, state: 'failed' },
  canceled: { rank: finalRank, state: 'failed' },
}

const callStatuses: Readonly<Record<string, Reading>> = {
  queued: { rank: 0, state: 'accepted' },
  initiated: { rank: 1, state: 'accepted' },
  ringing: { rank: 2, state: 'accepted' },
  'in-progress': { rank: 3, state: 'accepted' },
  completed: { rank: finalRank, state: 'delivered' },
  busy: { rank: finalRank, state: 'failed' },
  'no-answer': { rank: finalRank, state: 'failed' },
  failed: { rank: finalRank, state: 'failed' },
  canceled: { rank: finalRank, state: 'failed' },
}

/** Reads the form of a report about a text message. A status that is not known is ignored. */
export const readTwilioMessageStatus = (params: URLSearchParams): TwilioStatus =>
  readStatus(params, {
    id: params.get('MessageSid') ?? params.get('SmsSid') ?? '',
    status: params.get('MessageStatus') ?? params.get('SmsStatus') ?? '',
    readings: messageStatuses,
  })

/** Reads the form of a report about a call: one that was answered has told its message. */
export const readTwilioCallStatus = (params: URLSearchParams): TwilioStatus =>
  readStatus(params, {
    id: params.get('CallSid') ?? '',
    status: params.get('CallStatus') ?? '',
    readings: callStatuses,
  })

function readStatus(
  params: URLSearchParams,
  report: { id: string; status: string; readings: Readonly<Record<string, Reading>> },
): TwilioStatus {
  const status = report.status.toLowerCase()
  const ignored: TwilioStatus = { rank: -1, state: 'ignored', providerMessageId: report.id }
  const reading = Object.hasOwn(report.readings, status) ? report.readings[status] : undefined
  if (reading === undefined || report.id === '') return ignored
  if (reading.state !== 'failed') return { ...reading, providerMessageId: report.id }
  const code = params.get('ErrorCode') ?? ''
  if (!/^[1-9][0-9]{2,6}$/.test(code)) {
    return { ...reading, providerMessageId: report.id, cause: causeOfStatus(status) }
  }
  const error = readTwilioErrorCode(code)
  if (error.class === 'I') return ignored
  return {
    ...reading,
    providerMessageId: report.id,
    cause: error.cause,
    errorClass: error.class,
  }
}

const again = 'Nothing to set up: the person can ask again.'
const statusWords: Readonly<Record<string, readonly [text: string, hint: string]>> = {
  busy: ['The line was busy.', again],
  'no-answer': ['Nobody answered the call.', again],
  canceled: ['The message was cancelled at Twilio.', 'See the log in the Twilio console.'],
  undelivered: ['The message did not arrive.', 'See the log in the Twilio console.'],
  failed: ['Twilio could not deliver the message.', 'See the log in the Twilio console.'],
}

function causeOfStatus(status: string): FailureCause {
  const [text, hint] = statusWords[status] ?? ['The message did not arrive.', again]
  return { code: `twilio_${status.replaceAll('-', '_')}`, text, hint }
}
