import { custom } from './custom.ts'
import type { PhoneProviderKind } from './phone-provider.ts'
import { twilio } from './twilio.ts'

/** Every kind of phone provider. A new one is a file and a word here. */
export const phoneProviderKinds = [twilio, custom] as const

/** The names that the API takes. */
export type PhoneProviderName = (typeof phoneProviderKinds)[number]['name']

export const phoneProviderNames: readonly PhoneProviderName[] = phoneProviderKinds.map(
  (kind) => kind.name,
)

/**
 * The kind of a stored provider. Its settings are `unknown` here: they were checked against the kind's
 * schemas when they were stored.
 *
 * @throws Error for a name that is no kind, which no stored provider has
 */
export function phoneProviderKind(name: string): PhoneProviderKind<unknown, unknown> {
  for (const kind of phoneProviderKinds) if (kind.name === name) return kind
  throw new Error(`no phone provider is called ${name}`)
}
