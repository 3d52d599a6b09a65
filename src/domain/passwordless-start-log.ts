import type { PhoneNumber } from '../base/phone-number.ts'
import type { PasswordlessStart } from './passwordless-start.ts'
import type { Connection, Tenant } from './tenant.ts'
import { loggedNumber } from './tenant-logs.ts'

/** What the log entry of a start says of its request: masked, and only what the flow knows. */
export function startLogBody(
  tenant: Tenant,
  start: PasswordlessStart,
  phone: PhoneNumber,
  connection: Connection,
): Record<string, unknown> {
  const { state: _, nonce: __, ...authParams } = start.authParams ?? {}
  return {
    client_id: start.client.clientId,
    connection: connection.name,
    phone_number: loggedNumber(phone.e164),
    username: loggedNumber(phone.e164),
    ...(start.send !== undefined && { send: start.send }),
    ...(start.authParams !== undefined && { authParams: maskedParams(authParams) }),
    ...(start.requestLanguage !== undefined && { request_language: start.requestLanguage }),
    tenant: tenant.id,
    ip: start.ip,
    'user-agent': start.userAgent,
  }
}

/** Only what the flow knows; an app may have put a number or a secret into the rest. */
function maskedParams(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = ['scope', 'redirect_uri', 'response_type', 'response_mode', 'audience']
  return Object.fromEntries(
    Object.entries(params)
      .filter(([name]) => /^[A-Za-z_]{1,50}$/.test(name))
      .map(([name, value]) => [
        name,
        known.includes(name) && typeof value === 'string' ? maskDigits(cut(value)) : '*****',
      ]),
  )
}

/** The database takes no half of a character that was cut in two. */
const cut = (text: string) => text.slice(0, 500).toWellFormed()

const maskDigits = (text: string) => text.replace(/\d{5,}/g, (digits) => 'X'.repeat(digits.length))
