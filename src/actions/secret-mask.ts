/** Shorter values are no secrets, and would be found in any text. */
const shortest = 6

/** Puts `***` where one of the values stands. Also done inside the child: a cut comes after it. */
export function maskSecrets(text: string, values: readonly string[]): string {
  let masked = text
  for (const value of values) if (masked.includes(value)) masked = masked.replaceAll(value, '***')
  return masked
}

/**
 * What no text that leaves a run may hold, in the order in which it is to be looked for.
 *
 * @param further values that are private whatever their length, as a code
 */
export const secretValues = (
  secrets: Readonly<Record<string, string>>,
  further: readonly string[] = [],
): string[] =>
  [...Object.values(secrets).filter(({ length }) => length >= shortest), ...further].sort(
    (a, b) => b.length - a.length,
  )

/** Cuts a text to `length` code units without leaving half of a character. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)
}
