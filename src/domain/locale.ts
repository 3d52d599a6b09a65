import type { Tenant } from './tenant.ts'

/**
 * The language of a message: the first wish that the tenant has enabled, by BCP 47 lookup (`es-AR`
 * falls to `es`), else the tenant's first language.
 *
 * @param wishes header values in order of rank, each a single tag or a list with weights
 */
export function resolveLocale(tenant: Tenant, wishes: readonly (string | undefined)[]): string {
  const enabled = (tenant.settings.enabled_locales as readonly string[] | undefined) ?? ['en']
  for (const wish of wishes) {
    for (const tag of tagsOf(wish)) {
      const found = lookUp(tag, enabled)
      if (found !== undefined) return found
    }
  }
  return enabled[0] ?? 'en'
}

/** The tags of an `accept-language` value, best first; garbage is no tag. */
function tagsOf(value: string | undefined): string[] {
  if (value === undefined) return []
  return value
    .slice(0, 500)
    .split(',')
    .map((part, index) => {
      const [tag = '', ...parameters] = part.trim().split(';')
      const weight = parameters.map((text) => /^\s*q=([0-9.]+)\s*$/.exec(text)?.[1]).find(Boolean)
      return { tag: tag.trim().replaceAll('_', '-'), weight: Number(weight ?? 1), index }
    })
    .filter(({ tag, weight }) => /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(tag) && weight > 0)
    .sort((one, other) => other.weight - one.weight || one.index - other.index)
    .map(({ tag }) => tag)
}

function lookUp(tag: string, enabled: readonly string[]): string | undefined {
  const parts = tag.toLowerCase().split('-')
  while (parts.length > 0) {
    const range = parts.join('-')
    const found = enabled.find((locale) => locale.toLowerCase() === range)
    if (found !== undefined) return found
    parts.pop()
  }
  return undefined
}
