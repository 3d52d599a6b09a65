const basic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const extended = '^{}\\[~]|€\f'

/** The default alphabet of text messages, with the septets that each character takes. */
const septets: ReadonlyMap<string, number> = new Map([
  ...[...basic].map((character) => [character, 1] as const),
  ...[...extended].map((character) => [character, 2] as const),
])

/**
 * How many messages a carrier makes, and bills, of a text: 160 septets fit one, or 70 UTF-16 units as
 * soon as one character is outside the default alphabet; the parts of a longer text hold 153 or 67.
 *
 * Source: 3GPP TS 23.038 (alphabet) and TS 23.040 (concatenation).
 */
export function countSmsSegments(text: string): number {
  let length = 0
  for (const character of text) {
    const size = septets.get(character)
    if (size === undefined) return parts(text.length, 70, 67)
    length += size
  }
  return parts(length, 160, 153)
}

const parts = (length: number, alone: number, joined: number): number =>
  length <= alone ? 1 : Math.ceil(length / joined)
