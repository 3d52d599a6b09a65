import type { DeliveryMethod } from '../contract/notifications.ts'

/** How a second factor reaches a phone, in the words of `/guardian/factors/phone/message-types`. */
export type PhoneMessageType = 'sms' | 'voice'

/** What has to be updated before a change may be made. */
export type DeliveryDecision =
  | { action: 'none'; factors: readonly PhoneMessageType[] }
  | {
      action: 'update_provider' | 'update_factors'
      /** What stands in the way. */
      missing: readonly DeliveryMethod[]
      /** What the administrator must do first. */
      hint: string
    }

/** The delivery method that a factor needs. */
export const methodOf = (type: PhoneMessageType): DeliveryMethod => (type === 'sms' ? 'text' : type)

/** A change of the message types of MFA: every one of them needs a method of the provider. */
export function decideFactors(
  desired: readonly PhoneMessageType[],
  methods: readonly string[],
): DeliveryDecision {
  const missing = desired.map(methodOf).filter((method) => !methods.includes(method))
  if (missing.length === 0) return { action: 'none', factors: desired }
  return {
    action: 'update_provider',
    missing,
    hint: `First add ${quoted(missing)} to the delivery methods of the phone provider.`,
  }
}

/**
 * A change of the provider's methods. Factors that keep a method are narrowed to what is left; a use that
 * would be left with none must be changed first. Passwordless sign-in has text alone.
 *
 * @param uses.passwordless whether a connection in use sends through the provider
 */
export function decideDelivery(
  uses: { factors: readonly PhoneMessageType[]; passwordless: boolean },
  desired: readonly string[],
): DeliveryDecision {
  const factors = uses.factors.filter((type) => desired.includes(methodOf(type)))
  const losesFactors = uses.factors.length > 0 && factors.length === 0
  const losesPasswordless = uses.passwordless && !desired.includes('text')
  if (!losesFactors && !losesPasswordless) return { action: 'none', factors }
  const missing = new Set<DeliveryMethod>([
    ...(losesFactors ? uses.factors.map(methodOf) : []),
    ...(losesPasswordless ? (['text'] as const) : []),
  ])
  const steps = [
    losesFactors && `change the message types of MFA (${quoted(uses.factors)})`,
    losesPasswordless && 'disable the passwordless connections or take them off the phone provider',
  ].filter((step) => step !== false)
  return { action: 'update_factors', missing: [...missing], hint: `First ${steps.join(', and ')}.` }
}

const quoted = (words: readonly string[]): string => words.map((word) => `"${word}"`).join(', ')
