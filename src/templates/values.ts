import { pauseMarker } from './voice.ts'

const maxUserChars = 60
const maxDepth = 8
const unprintable = new RegExp(`[\\p{Cc}\\p{Zl}\\p{Zp}${pauseMarker}]`, 'gu')

/**
 * A value that a person may have set, as a message may carry it: without control characters and line
 * separators, and cut, so that nobody writes a message of his own into ours.
 */
export function plainText(text: string): string {
  const plain = text.replace(unprintable, '')
  if (plain.length <= maxUserChars) return plain
  return [...plain].slice(0, maxUserChars).join('')
}

/** `plainText` for every string inside a JSON value; what is nested too deeply is left out. */
export function plainValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return plainText(value)
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value !== 'object' || value === null || depth >= maxDepth) return undefined
  if (Array.isArray(value)) return value.map((item) => plainValue(item, depth + 1))
  // `fromEntries` defines members, so a key named `__proto__` stays an ordinary one.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, plainValue(item, depth + 1)]),
  )
}

/**
 * An address as a message may carry it: blanks, quotes, angle brackets and control characters
 * percent-encoded, everything else as it is. Empty unless the scheme is http or https.
 */
export function urlText(url: string | undefined): string {
  const trimmed = url?.trim() ?? ''
  if (!/^https?:\/\//i.test(trimmed)) return ''
  return trimmed.replace(/[\s"'<>\p{Cc}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "'" ? '%27' : encodeURIComponent(character),
  )
}
