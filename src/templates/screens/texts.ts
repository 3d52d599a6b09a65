import { en } from './en.ts'

/** The screens of the sign-in pages, by Auth0's names. */
export type ScreenName = Exclude<keyof typeof en, 'shared'>

/** One language, complete: each group of the English texts with the same keys. */
export type ScreenTexts = {
  readonly [Group in keyof typeof en]: { readonly [Key in keyof (typeof en)[Group]]: string }
}

/** Words that replace ours, by screen and key; a tenant's custom text has this shape. */
export type TextOverrides = Readonly<Record<string, Readonly<Record<string, string>>>>

/** The names of all screens, in the order a person may meet them. */
export const screenNames = Object.keys(en).filter(
  (group): group is ScreenName => group !== 'shared',
)

/** What a screen says: `text('title')`; values fill the `${…}` marks of the words. */
export type Texts = (key: string, values?: Readonly<Record<string, string>>) => string

/**
 * The words of one screen: the tenant's own for this screen, else ours for it, else ours for all
 * screens. A key that nobody has is an error of the program.
 */
export function textsOf(
  texts: ScreenTexts,
  screen: ScreenName,
  values: Readonly<Record<string, string>>,
  overrides: TextOverrides = {},
): Texts {
  const own: Readonly<Record<string, string>> = texts[screen]
  const shared: Readonly<Record<string, string>> = texts.shared
  return (key, more = {}) => {
    const words = overrides[screen]?.[key] ?? own[key] ?? shared[key]
    if (words === undefined) throw new Error(`screen ${screen} has no words for ${key}`)
    return words.replace(/\$\{(\w+)\}/g, (mark, name: string) => more[name] ?? values[name] ?? mark)
  }
}

/** Whether a screen has words for a key, e.g. an error that only some screens know. */
export const hasText = (screen: ScreenName, key: string): boolean =>
  key in en[screen] || key in en.shared
