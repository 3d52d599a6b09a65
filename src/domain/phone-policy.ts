import { AppError } from '../base/app-error.ts'
import { type PhoneNumber, parsePhoneNumber } from '../base/phone-number.ts'
import type { Tenant } from './tenant.ts'

/**
 * Reads a number that a message is to go to, and refuses what the tenant never sends to: kinds of
 * number that no sign-in uses, and countries outside the tenant's list.
 *
 * @throws AppError `bad_phone_number`
 */
export function parseRecipient(tenant: Tenant, spelling: string): PhoneNumber {
  const phone = parsePhoneNumber(spelling)
  if (phone === undefined) {
    throw new AppError('bad_phone_number', {
      message: 'String does not match pattern: ^\\+[0-9]{1,15}$',
    })
  }
  const kind = phone.country === undefined ? 'NO_COUNTRY' : phone.type
  const refused: readonly string[] = tenant.protection.phone.refused_types
  if (kind !== undefined && refused.includes(kind)) {
    throw new AppError('bad_phone_number', {
      message: 'This kind of phone number cannot receive sign-in codes',
    })
  }
  if (phone.country !== undefined && !isCountryAllowed(tenant, phone.country)) {
    throw new AppError('bad_phone_number', {
      message: 'Phone numbers of this country are not accepted',
    })
  }
  return phone
}

function isCountryAllowed(tenant: Tenant, country: string): boolean {
  const rule = tenant.settings.country_codes as
    | { list: string[]; mode: 'allow' | 'deny' }
    | null
    | undefined
  if (rule === null || rule === undefined) return true
  return rule.list.includes(country) === (rule.mode === 'allow')
}
