/** What a tenant may decide about the looks of its pages; all members as stored. */
export type Branding = {
  colors?: { primary?: string; page_background?: unknown }
  logo_url?: string
  favicon_url?: string
  font?: { url?: string }
}

/** The part of a stored theme that the pages follow; pixels. */
export type ThemeBorders = { button_border_radius?: number; widget_corner_radius?: number }

export type Theme = {
  /** A style sheet that sets variables, and nothing else. */
  css: string
  logoUrl: string | undefined
  faviconUrl: string | undefined
  /** Origins that the page may load pictures and a font from. */
  imageOrigins: readonly string[]
  fontOrigin: string | undefined
}

type Rgb = readonly [number, number, number]

const lightSurface: Rgb = [255, 255, 255]
const darkSurface: Rgb = [22, 27, 24]
const black: Rgb = [0, 0, 0]
const white: Rgb = [255, 255, 255]
/** WCAG 2.2, 1.4.3: text of usual size. */
const textContrast = 4.5

/**
 * The variables of the pages from a tenant's branding. Whatever colour a tenant picks, text keeps the
 * contrast of WCAG AA: links move towards black or white until they have it, and the words of a button
 * are the better of the two.
 */
export function themeOf(
  branding: Branding,
  borders: ThemeBorders,
  fallbackLogo: string | undefined,
): Theme {
  const primary = parseHex(branding.colors?.primary)
  const light: string[] = []
  const dark: string[] = []
  if (primary !== undefined) {
    const onFill = contrast(primary, white) >= contrast(primary, black) ? white : black
    light.push(`--fill:${hex(primary)}`, `--on-fill:${hex(onFill)}`)
    light.push(`--link:${hex(readable(primary, lightSurface, black))}`)
    dark.push(`--fill:${hex(primary)}`, `--on-fill:${hex(onFill)}`)
    dark.push(`--link:${hex(readable(primary, darkSurface, white))}`)
  }
  const background = parseHex(branding.colors?.page_background)
  if (background !== undefined) light.push(`--canvas:${hex(background)}`)
  light.push(...radius('--radius', borders.widget_corner_radius))
  light.push(...radius('--radius-control', borders.button_border_radius))

  const fontUrl = safeUrl(branding.font?.url)
  if (fontUrl !== undefined) light.push(`--sans:"tenant",system-ui,sans-serif`)
  const logoUrl = safeUrl(branding.logo_url) ?? safeUrl(fallbackLogo)
  const faviconUrl = safeUrl(branding.favicon_url)
  return {
    css: [
      fontUrl !== undefined &&
        `@font-face{font-family:"tenant";src:url("${fontUrl}");font-display:swap}`,
      light.length > 0 && `:root{${light.join(';')}}`,
      dark.length > 0 && `@media (prefers-color-scheme:dark){:root{${dark.join(';')}}}`,
    ]
      .filter((part) => part !== false)
      .join('\n'),
    logoUrl,
    faviconUrl,
    imageOrigins: originsOf([logoUrl, faviconUrl]),
    fontOrigin: originsOf([fontUrl])[0],
  }
}

/** Moves a colour towards another until text in it can be read on the ground. */
function readable(colour: Rgb, ground: Rgb, towards: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = mix(colour, towards, share)
    if (contrast(mixed, ground) >= textContrast) return mixed
  }
  return towards
}

const mix = (one: Rgb, other: Rgb, share: number): Rgb => {
  const at = (index: 0 | 1 | 2) => Math.round(one[index] + (other[index] - one[index]) * share)
  return [at(0), at(1), at(2)]
}

/** The ratio of WCAG, 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

function luminance(colour: Rgb): number {
  const linear = (channel: number) => {
    const share = channel / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2])
}

/** `#rgb` or `#rrggbb`; anything else is no colour here. */
export function parseHex(value: unknown): Rgb | undefined {
  if (typeof value !== 'string') return undefined
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i
    .exec(value)
    ?.slice(1)
    .map((digit) => digit + digit)
  const parts = short ?? /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(value)?.slice(1)
  const [red, green, blue] = (parts ?? []).map((part) => Number.parseInt(part, 16))
  if (red === undefined || green === undefined || blue === undefined) return undefined
  return [red, green, blue]
}

const hex = (colour: Rgb): string =>
  `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`

const radius = (name: string, pixels: unknown): string[] =>
  typeof pixels === 'number' && pixels >= 0 && pixels <= 50 ? [`${name}:${pixels}px`] : []

/** An address that may stand in a style sheet and in a policy as it is. */
function safeUrl(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined
  const url = new URL(value)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  return /["'()\\\s;,<>]/.test(url.href) ? undefined : url.href
}

const originsOf = (urls: readonly (string | undefined)[]): string[] => [
  ...new Set(urls.filter((url) => url !== undefined).map((url) => new URL(url).origin)),
]
