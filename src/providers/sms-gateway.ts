import { createHmac } from 'node:crypto'
import type { TenantFetch } from '../base/tenant-fetch.ts'
import type { Notification } from '../contract/notifications.ts'
import type { Delivery } from './phone-provider.ts'
import { readTransportFailure } from './transport-failure.ts'

/** A tenant's own endpoint for texts, as a connection of strategy `sms` describes it. */
export type SmsGateway = {
  url: string
  /** `from` of the connection; empty when unset. */
  sender: string
  /** Tells the gateway who asked for the code. */
  forwardsRequest: boolean
  authentication?: {
    audience: string
    subject?: string | undefined
    secret: string
    secret_base64_encoded?: boolean | undefined
  }
}

export type GatewayTools = {
  tenantFetch: TenantFetch
  /** Aborts at the time limit. */
  signal: AbortSignal
  /** Epoch milliseconds. */
  now: number
  /** Who asked for the code. */
  request: { ip: string; user_agent: string }
}

/** The longest that a gateway may take. Source: Auth0, "Set up custom SMS gateway". */
export const gatewayLimitMs = 30_000

/**
 * Hands a text to a tenant's own gateway. Only 200 is success; what it answers besides is not read.
 * Nothing is ever repeated. The text of a cause is told to whoever asked for the code.
 *
 * Source: Auth0, "Set up custom SMS gateway for passwordless connections": the body, the token, the
 * meaning of 200, of 401 and of everything else.
 */
export async function sendToGateway(
  notification: Notification,
  gateway: SmsGateway,
  tools: GatewayTools,
): Promise<Delivery> {
  if (notification.delivery_method !== 'text') {
    return failed('gateway_without_voice', 'The SMS gateway makes no calls.', 'Choose text.')
  }
  const { request, now, signal } = tools
  const body = {
    recipient: notification.recipient,
    body: notification.as_text,
    sender: gateway.sender,
    ...(gateway.forwardsRequest && {
      req: { ip: request.ip, 'user-agent': request.user_agent },
    }),
  }
  try {
    const { status, discard } = await tools.tenantFetch(gateway.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Auth0',
        ...(gateway.authentication !== undefined && {
          authorization: `Bearer ${signedToken(gateway.authentication, now)}`,
        }),
      },
      body: JSON.stringify(body),
      signal,
    })
    discard()
    return deliveryOf(status)
  } catch (error) {
    return failureOf(error, signal)
  }
}

function deliveryOf(status: number): Delivery {
  if (status === 200) return { outcome: 'accepted' }
  const text =
    status === 401
      ? 'Authentication failed while calling the SMS gateway: 401'
      : `The SMS gateway answered with status ${status}`
  const hint =
    status === 401
      ? "Compare the secret, the audience and the clock of the gateway with the connection's settings."
      : 'The gateway has to answer 200 once it took the message; see its log.'
  return {
    ...failed(`gateway_status_${status}`, text, hint),
    providerError: { code: `http_${status}`, message: text },
  }
}

function failureOf(error: unknown, signal: AbortSignal): Delivery {
  if (signal.aborted) {
    return {
      outcome: 'unknown',
      cause: {
        code: 'gateway_timeout',
        text: 'The SMS gateway did not answer in time (timeout)',
        hint: 'The message may have been sent; make the gateway answer sooner.',
      },
    }
  }
  const cause = error instanceof Error ? (error.cause ?? error) : error
  const { code, message } = firstOf(cause)
  const refused = cause instanceof Error && cause.name === 'EgressRefused'
  const answered = failed(
    refused ? 'gateway_not_allowed' : 'gateway_unreachable',
    `The SMS gateway could not be reached: ${code}`,
    refused
      ? `The address is outside what tenants may reach (${message}); the operator can list it.`
      : 'Check the address, the certificate and the firewall of the gateway.',
  )
  // An address that is none was never asked.
  const odd = /^(?:ERR|UND_ERR)_INVALID_/.test(code)
  const left = !refused && !odd && readTransportFailure(error, 'the gateway').outcome === 'unknown'
  return left ? { ...answered, outcome: 'unknown' } : answered
}

/** A host with several addresses gives an error for each; the first speaks for all. */
function firstOf(cause: unknown): { code: string; message: string } {
  if (cause instanceof AggregateError && cause.errors.length > 0) return firstOf(cause.errors[0])
  const { code, message } = Object(cause) as { code?: unknown; message?: unknown } // read with care below
  return {
    code: typeof code === 'string' ? code : 'connection failed',
    message: typeof message === 'string' ? message : '',
  }
}

const failed = (code: string, text: string, hint: string) => ({
  outcome: 'permanent' as const,
  cause: { code, text, hint },
})

/** HS256, good for a minute. Source: as above; RFC 7515. */
function signedToken(
  { audience, subject, secret, secret_base64_encoded }: NonNullable<SmsGateway['authentication']>,
  now: number,
): string {
  const iat = Math.floor(now / 1000)
  const claims = {
    aud: audience,
    ...(subject !== undefined && subject !== '' && { sub: subject }),
    iat,
    exp: iat + 60,
  }
  // Node reads both alphabets of base64 by this name.
  const key = Buffer.from(secret, secret_base64_encoded === true ? 'base64' : 'utf8')
  const signed = [{ alg: 'HS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
}
