/**
 * The numbers of the benchmark: number `index` is always the same one, in TypeScript, in SQL and in
 * pgbench's expressions. All are valid numbers of the United States, over 36 area codes.
 */
export const phoneNumber = (index: number): string => {
  const area = (areaHundreds[index % 4] ?? 0) * 100 + 12 + (Math.floor(index / 4) % 9)
  return `+1${area}${firstSubscriber + Math.floor(index / 36)}`
}

/** Area codes x12 to x20 of these hundreds are all in use in one country. */
const areaHundreds = [2, 3, 7, 9]
const firstSubscriber = 2_340_000

/** The digits of number `index`, for an index that is an SQL expression of type bigint. */
export const phoneDigitsSql = (index: string): string =>
  `('1' || ((array[${areaHundreds.join()}])[1 + ${index} % 4] * 100 + 12 + ${index} / 4 % 9)::text` +
  ` || (${firstSubscriber} + ${index} / 36)::text)`

/** The digits of number `:n` as a number, for pgbench's `\set`. */
export const phoneDigitsPgbench = (): string => {
  const [first, second, third, fourth] = areaHundreds
  const hundreds = `case when :n % 4 = 0 then ${first} when :n % 4 = 1 then ${second} when :n % 4 = 2 then ${third} else ${fourth} end`
  return `10000000000 + ((${hundreds}) * 100 + 12 + :n / 4 % 9) * 10000000 + ${firstSubscriber} + :n / 36`
}

/** Twelve digits for number `index`; ids that belong to a number end in them. */
export const twelveDigits = (index: number): number => 100_000_000_000 + index

/** Which numbers a load asks for. */
export type NumberSource = { next(): string }

/** Numbers of stored users, in an order that comes back to a number only after all the others. */
export function storedNumbers(users: number): NumberSource {
  // A prime that divides no round number, so the walk visits every user.
  const stride = 7919
  let at = 0
  return {
    next() {
      at = (at + stride) % users
      return phoneNumber(at)
    },
  }
}

/** Numbers that no user has: each is asked for once in the life of the process. */
export const newNumbers: NumberSource = {
  next() {
    strangers += 1
    return phoneNumber(strangers)
  },
}

let strangers = 2_000_000
