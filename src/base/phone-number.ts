import { parsePhoneNumberFromString } from 'libphonenumber-js/max'

/** A number in E.164: `+` and at most 15 digits. Made by `parsePhoneNumber` only. */
export type E164 = string & { readonly __brand: 'E164' }

/** The kinds of number that the metadata knows, in libphonenumber's words. */
export type PhoneNumberType =
  | 'MOBILE'
  | 'FIXED_LINE'
  | 'FIXED_LINE_OR_MOBILE'
  | 'PREMIUM_RATE'
  | 'TOLL_FREE'
  | 'SHARED_COST'
  | 'VOIP'
  | 'PERSONAL_NUMBER'
  | 'PAGER'
  | 'UAN'
  | 'VOICEMAIL'

/** What a spelling of a number turned out to be. */
export type PhoneNumber = {
  e164: E164
  /** ISO 3166 alpha-2; absent for codes that belong to no country (+870, +881 …). */
  country?: string
  /** Absent where the metadata knows no such number; it ages, so that alone refuses nobody. */
  type?: PhoneNumberType
}

/** ASCII digits, blanks and `()-./` after a leading `+` or `00`; nothing else is a number. */
const spelling = /^(?:\+|00)[0-9 ()\-./]+$/
const longestSpelling = 64

/**
 * Reads any usual spelling of an international number.
 *
 * `max` metadata, because the smaller sets name no type or a wrong one. Possible is enough, valid is
 * not asked: metadata ages faster than numbering plans.
 *
 * @returns undefined for what is no possible number
 */
export function parsePhoneNumber(input: string): PhoneNumber | undefined {
  const trimmed = input.trim()
  if (trimmed.length > longestSpelling || !spelling.test(trimmed)) return undefined
  const digits = trimmed.replace(/[^0-9]/g, '')
  const international = `+${trimmed.startsWith('+') ? digits : digits.slice(2)}`
  if (!/^\+[1-9][0-9]{1,14}$/.test(international)) return undefined
  const parsed = parsePhoneNumberFromString(international)
  if (parsed === undefined || !parsed.isPossible()) return undefined
  const type = parsed.getType()
  // Countries that share a code are told apart by numbers that the metadata knows; the others count
  // as of the first of them. Only a code of no country has none.
  const country = parsed.country ?? parsed.getPossibleCountries()[0]
  return {
    e164: parsed.number as string as E164, // the library's own E.164 brand
    ...(country !== undefined && { country }),
    ...(type !== undefined && { type: type as PhoneNumberType }),
  }
}

/** A number as people may see it: every character but the last four is an X (`XXXXXXXX0137`). */
export const maskPhoneNumber = (number: string): string =>
  number.slice(0, -4).replace(/./g, 'X') + number.slice(-4)

/** A number in E.164 as people write it: `+49 1512 3456789`; what is none stays as it is. */
export const formatPhoneNumber = (e164: string): string =>
  parsePhoneNumberFromString(e164)?.formatInternational() ?? e164
