/**
 * What `pause` prints while a voice body is rendered. A Unicode noncharacter, because no text may
 * hold one: `plainText` removes it from every value that a person can set.
 */
export const pauseMarker = '\u{fdd0}'

/** A rendered voice body, in one piece and cut at its pauses. */
export type VoiceBody = {
  /** Without pauses: what custom code gets. */
  spoken: string
  /** A second of silence belongs between each two; empty where two pauses meet. */
  parts: string[]
}

/** Takes the pauses out of a rendered body and makes one blank of each run of blanks. */
export const readVoiceBody = (rendered: string): VoiceBody => ({
  spoken: collapseBlanks(rendered.replaceAll(pauseMarker, '')),
  parts: rendered.split(pauseMarker).map(collapseBlanks),
})

/** A code as it is read aloud: `A1` becomes `A. 1. `. */
export const spellCode = (code: string): string =>
  [...code.toUpperCase()].map((character) => `${character}. `).join('')

/** The same in the older templates: `A1` becomes `A.1.`. */
export const dotCode = (code: string): string => spellCode(code).replaceAll(' ', '')

const collapseBlanks = (text: string): string => text.replace(/\s+/g, ' ').trim()
