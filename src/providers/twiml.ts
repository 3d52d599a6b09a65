/** The longest inline document that Twilio takes with a call. */
export const maxTwimlChars = 4000

/**
 * What a call says: a second of silence before each part, so that nobody misses the first words.
 *
 * An empty part is silence only. The voice is the account's default; a locale that is not in the table
 * leaves the language to it as well, because Twilio skips a sentence whose language it does not know.
 *
 * Source: Twilio, "TwiML for Programmable Voice", verbs `Say` and `Pause`.
 */
export function callTwiml(parts: readonly string[], locale: string): string {
  const language = twimlLanguage(locale)
  const attribute = language === undefined ? '' : ` language="${language}"`
  const verbs = parts.map((part) => {
    const said = part === '' ? '' : `<Say${attribute}>${escapeXml(part)}</Say>`
    return `<Pause length="1"/>${said}`
  })
  return `<Response>${verbs.join('')}</Response>`
}

/** The first of a language is what its other regions are read in. */
const languages = [
  ...['en-US', 'en-GB', 'en-AU', 'en-IN', 'es-ES', 'es-MX', 'fr-FR', 'fr-CA', 'de-DE', 'it-IT'],
  ...['pt-BR', 'pt-PT', 'nl-NL', 'pl-PL', 'ja-JP', 'ko-KR', 'zh-CN', 'sv-SE', 'da-DK', 'nb-NO'],
  ...['fi-FI', 'ru-RU', 'ca-ES'],
]

function twimlLanguage(locale: string): string | undefined {
  const wanted = locale.toLowerCase()
  const exact = languages.find((language) => language.toLowerCase() === wanted)
  const [primary = ''] = wanted.split('-')
  return exact ?? languages.find((language) => language.startsWith(`${primary}-`))
}

/** Characters that XML 1.0 has no way to write are left out. */
const escapeXml = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)
