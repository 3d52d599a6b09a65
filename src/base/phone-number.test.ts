import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskPhoneNumber, parsePhoneNumber } from './phone-number.ts'

for (const [spelling, e164] of [
  ['+14155550137', '+14155550137'],
  ['+1 (415) 555-0137', '+14155550137'],
  ['+1.415.555.0137', '+14155550137'],
  ['+1/415/555/0137', '+14155550137'],
  ['0014155550137', '+14155550137'],
  ['00 44 20 7183 8750', '+442071838750'],
  ['  +4915112345678 ', '+4915112345678'],
  ['+49 (0) 1511 2345678', '+4915112345678'],
  ['+46 070 174 06 05', '+46701740605'],
] as const) {
  test(`"${spelling}" is ${e164}`, () => {
    assert.equal(parsePhoneNumber(spelling)?.e164, e164)
  })
}

for (const [what, spelling] of [
  ['nothing', ''],
  ['a national number', '0151 12345678'],
  ['letters', '+1415CALLNOW'],
  ['an extension', '+14155550137 ext 5'],
  ['an extension with an x', '+14155550137x5'],
  ['a semicolon', '+14155550137;ext=5'],
  ['Arabic digits', '+١٤١٥٥٥٥٠١٣٧'],
  ['full-width digits', '+１４１５５５５０１３７'],
  ['a second plus', '++14155550137'],
  ['a tab inside', '+1415\t5550137'],
  ['a newline inside', '+1415\n5550137'],
  ['too many digits', '+14155550137123456789'],
  ['too few digits', '+1415'],
  ['a country code of zero', '+04155550137'],
  ['five thousand digits', `+${'1'.repeat(5000)}`],
] as const) {
  test(`${what} is no number`, () => {
    assert.equal(parsePhoneNumber(spelling), undefined)
  })
}

for (const [number, country, type] of [
  ['+4915112345678', 'DE', 'MOBILE'],
  ['+33612345678', 'FR', 'MOBILE'],
  ['+19005550137', 'US', 'PREMIUM_RATE'],
  ['+18005550137', 'US', 'TOLL_FREE'],
  ['+870773111632', undefined, undefined],
  ['+15551230001', 'US', undefined],
  ['+447700900123', 'GB', undefined],
  ['+441481960194', 'GG', 'FIXED_LINE'],
] as const) {
  test(`${number} is known as ${type} of ${country}`, () => {
    const phone = parsePhoneNumber(number)

    assert.equal(phone?.country, country)
    if (type !== undefined) assert.equal(phone?.type, type)
  })
}

test('a mask keeps the last four characters and the length', () => {
  assert.equal(maskPhoneNumber('+14155550137'), 'XXXXXXXX0137')
})
