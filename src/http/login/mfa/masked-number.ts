import { formatPhoneNumber } from '../../../base/phone-number.ts'

/** A stored number as its owner may know it again: country and last four digits (`+1 ••• ••• 0137`). */
export function maskedNumber(e164: string): string {
  const [prefix = '', ...groups] = formatPhoneNumber(e164).split(' ')
  const rest = groups.join(' ')
  let hidden = rest.replace(/[^0-9]/g, '').length - 4
  const masked = rest.replace(/[0-9]/g, (digit) => {
    hidden -= 1
    return hidden >= 0 ? '•' : digit
  })
  return `${prefix} ${masked}`.trim()
}
