import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  Metadata,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'

export type Country = { code: string; name: string; prefix: string }
type CountryRule = { list: readonly string[]; mode: 'allow' | 'deny' }

const lists = new Map<string, readonly Country[]>()

/** Every country that a tenant accepts numbers of, by name in the person's language. */
export function countriesFor(locale: string, rule: CountryRule | undefined): readonly Country[] {
  let all = lists.get(locale)
  if (all === undefined) {
    const names = new Intl.DisplayNames([locale, 'en'], { type: 'region' })
    const order = new Intl.Collator([locale, 'en'])
    all = getCountries()
      .map((code) => ({
        ...{ code, name: names.of(code) ?? code, prefix: getCountryCallingCode(code) },
      }))
      .sort((one, other) => order.compare(one.name, other.name))
    lists.set(locale, all)
  }
  return rule === undefined ? all : all.filter(({ code }) => isAccepted(code, rule))
}

const isAccepted = (code: string, { list, mode }: CountryRule) =>
  list.includes(code) === (mode === 'allow')

/** The country that the page begins with: what the browser's language says, else the first accepted. */
export function likelyCountry(
  acceptLanguage: string | undefined,
  countries: readonly Country[],
): string {
  for (const [, region = ''] of (acceptLanguage ?? '').matchAll(
    /[a-z]{2,3}(?:-[A-Z][a-z]{3})?-([A-Z]{2})\b/g,
  )) {
    if (countries.some(({ code }) => code === region)) return region
  }
  const american = countries.find(({ code }) => code === 'US')
  return american?.code ?? countries[0]?.code ?? 'US'
}

/** A way to write numbers of a length; `leading` is a pattern of their first digits. */
type PhoneFormat = { pattern: string; format: string; leading?: string }

/** The part of the library's numbering plan that its types leave out. */
type Plan = {
  nationalPrefix(): string | undefined
  formats(): { pattern(): string; format(): string; leadingDigitsPatterns(): string[] }[]
}

/** How a country writes its numbers, for grouping while typing; undefined for an unknown one. */
export function phoneFormats(
  country: string,
): { trunk: string; formats: PhoneFormat[] } | undefined {
  const code = getCountries().find((each): each is CountryCode => each === country)
  if (code === undefined) return undefined
  const metadata = new Metadata()
  metadata.selectNumberingPlan(code)
  const plan = metadata.numberingPlan as unknown as Plan | undefined // see above
  if (plan === undefined) return undefined
  const formats = plan.formats().map((each) => {
    const leading = each.leadingDigitsPatterns().at(-1)
    return {
      ...{ pattern: each.pattern(), format: each.format() },
      ...(leading !== undefined && { leading }),
    }
  })
  return { trunk: plan.nationalPrefix() ?? '', formats }
}

/** What a person typed as a number of a country, in E.164 where it is one; else as it was typed. */
export function internationalNumber(typed: string, country: string): string {
  const trimmed = typed.trim()
  if (/^(?:\+|00)/.test(trimmed) || trimmed.length > 64) return trimmed
  const code = getCountries().find((each): each is CountryCode => each === country)
  if (code === undefined || !/^[0-9 ()\-./]+$/.test(trimmed)) return trimmed
  return parsePhoneNumberFromString(trimmed, code)?.number ?? trimmed
}
