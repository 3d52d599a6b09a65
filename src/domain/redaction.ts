import { maskPhoneNumber } from '../base/phone-number.ts'

/** Members that hold a secret on some resource of the Management API. */
const secretMembers = new Set([
  'access_token',
  'auth_token',
  'authorization',
  'client_assertion',
  'client_secret',
  'credentials',
  'encryption_key',
  'gateway_authentication',
  'httpAuthorization',
  'password',
  'password_hash',
  'private_key',
  'recovery_code',
  'refresh_token',
  'secret',
  'secrets',
  'signing_secret',
  'ticket_id',
  'ticket_url',
  'totp_secret',
  'twilio_token',
])

/** Members that hold a number without a leading `+`, or in any other spelling. */
const numberMembers = new Set(['phone_number', 'phone', 'recipient', 'to'])

/**
 * `+` or a `00` of its own, and at least six digits, with the blanks and marks that people put between
 * them.
 */
const international = /(?:\+|(?<![\w-])00(?=[1-9]))[0-9][0-9 ()\-./]{4,40}[0-9]/g

/** A text with every international number in it masked. */
export const redactText = (text: string): string =>
  text.replace(international, (number) => maskPhoneNumber(number.replace(/[^+0-9]/g, '')))

/**
 * A copy of a JSON value that may stand in a log: secrets are `*****`, numbers keep their last four
 * digits.
 *
 * @param hidden further members that are masked as secrets are
 */
export function redact(value: unknown, hidden?: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.map((item) => redact(item, hidden))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([member, content]) => {
      if ((secretMembers.has(member) || hidden?.has(member)) && content !== null) {
        return [member, '*****']
      }
      if (numberMembers.has(member) && ['string', 'number'].includes(typeof content)) {
        return [member, maskPhoneNumber(String(content))]
      }
      return [member, redact(content, hidden)]
    }),
  )
}
