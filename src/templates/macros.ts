import type { Variables } from './variables.ts'

/** What a text with macros may name; `@@password@@` is the code. */
const macros = [
  ...['password', 'code', 'phone_number', 'application.name', 'request_language', 'friendly_name'],
] as const

/**
 * Puts values in for `@@name@@`. A name that is not known stays as it was written, so that a misspelling
 * is seen.
 *
 * @throws Error when the text does not name the code: nobody could sign in with it
 */
export const expandMacros = (source: string, variables: Variables): string => {
  if (!/@@\s*(?:password|code)\s*@@/.test(source)) throw new Error('it does not print the code')
  return source.replace(/@@\s*([a-z_.]{1,40})\s*@@/g, (written, name: string) => {
    if (!macros.some((known) => known === name)) return written
    const value = name
      .split('.')
      .reduce<unknown>((of, member) => Object(of)[member] as unknown, variables)
    return typeof value === 'string' ? value : ''
  })
}
