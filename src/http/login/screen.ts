import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Prompt } from '../../contract/prompts.ts'
import { getBranding, themeOf as storedTheme } from '../../domain/branding.ts'
import { customText } from '../../domain/custom-text.ts'
import type { Deps } from '../../domain/deps.ts'
import { resolveLocale } from '../../domain/locale.ts'
import type { Client, Tenant } from '../../domain/tenant.ts'
import { screenTexts } from '../../templates/screens/index.ts'
import { hasText, type ScreenName, type Texts, textsOf } from '../../templates/screens/texts.ts'
import { assetUrl } from './assets.ts'
import { type Frame, page } from './layout.ts'
import { type Branding, type Theme, type ThemeBorders, themeOf } from './theme.ts'
import type { Shown, View } from './view.ts'

/** A screen to be shown. */
export type Screen = {
  name: ScreenName
  /** The application that the person came from, where it is known. */
  client: Client | undefined
  /** The pending login; empty on a page that has none. */
  state: string
  /** Keys of messages by field, with what fills them; the empty name is the form as a whole. */
  errors?: Readonly<Record<string, string>>
  values?: Readonly<Record<string, string>>
  /** `ui_locales` of the application's request. */
  locales: string | null
  /** @param locale BCP 47, for names of countries and the like */
  view: (shown: Shown, locale: string) => View
}

/** The markup of a screen and the headers that go with it. */
export type RenderedScreen = { markup: string; headers: Readonly<Record<string, string>> }

/** Shows a screen; a form that was filled in wrongly comes back with its errors. */
export async function sendScreen(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  screen: Screen,
  status = screen.errors === undefined ? 200 : 400,
): Promise<FastifyReply> {
  const { markup, headers } = await renderScreen(deps, request, screen)
  return reply.code(status).headers(headers).send(markup)
}

/** The same without a reply of ours, for answers that the library writes. */
export async function renderScreen(
  deps: Deps,
  request: Pick<FastifyRequest, 'tenant' | 'headers'>,
  screen: Screen,
): Promise<RenderedScreen> {
  const { tenant } = request
  const locale = localeOf(tenant, screen.locales, request.headers['accept-language'])
  const { language, texts } = screenTexts(locale)
  const companyName = String(tenant.settings.friendly_name || tenant.id)
  const [overrides, theme] = await Promise.all([
    customText(deps, tenant, promptOf(screen.name), locale),
    tenantTheme(deps, tenant),
  ])
  const values = { clientName: screen.client?.name ?? companyName, companyName, ...screen.values }
  const text = textsOf(texts, screen.name, values, overrides)
  const shown = { text, state: screen.state, errors: words(screen, text) }
  const { title, content } = screen.view(shown, language)
  const frame: Frame = {
    ...{ locale: language, text, companyName, screen: screen.name },
    ...{ logoUrl: theme.logoUrl, faviconUrl: theme.faviconUrl },
    assets: {
      ...{ style: assetUrl('login.css'), script: assetUrl('login.js') },
      theme: `/u/theme/${tenant.version}.css`,
    },
  }
  return { markup: page(frame, title, content), headers: pageHeaders(theme) }
}

const words = ({ name, errors = {} }: Screen, text: Texts): Record<string, string> =>
  Object.fromEntries(
    Object.entries(errors).map(([field, key]) => [
      field,
      text(hasText(name, key) ? key : 'authentication-failure'),
    ]),
  )

/** The language of a page, and of the messages that are sent from it. */
export const localeOf = (
  tenant: Tenant,
  wanted: string | null,
  acceptLanguage: string | undefined,
): string => resolveLocale(tenant, [wanted?.trim().replace(/\s+/g, ','), acceptLanguage])

/** The tenant's looks; read once for each version of its settings. */
export async function tenantTheme(deps: Deps, tenant: Tenant): Promise<Theme> {
  const [branding, theme] = await Promise.all([
    getBranding(deps, tenant),
    storedTheme(deps, tenant),
  ])
  const { picture_url } = tenant.settings
  return themeOf(
    branding as Branding, // the same members, where they are set
    (theme?.borders ?? {}) as ThemeBorders, // the same
    typeof picture_url === 'string' ? picture_url : undefined,
  )
}

/**
 * What a sign-in page may do: nothing but its own files and the tenant's pictures, in no frame, kept by
 * nobody. There is no `form-action`: Chromium holds redirects after a form to it, and those lead to the
 * application.
 */
const pageHeaders = (theme: Theme): Record<string, string> => ({
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    ["img-src 'self' data:", ...theme.imageOrigins].join(' '),
    ["font-src 'self'", theme.fontOrigin ?? ''].join(' ').trim(),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  // Not `no-referrer`: with it a browser hides the origin of a form, which is checked.
  'referrer-policy': 'same-origin',
})

/** Which of Auth0's prompts a screen belongs to: its texts are written there. */
function promptOf(screen: ScreenName): Prompt {
  if (screen === 'login-passwordless-sms-otp') return 'login-passwordless'
  for (const prompt of ['login-id', 'login-password', 'logout', 'status'] as const) {
    if (screen === prompt) return prompt
  }
  for (const group of [
    'mfa-sms',
    'mfa-voice',
    'mfa-phone',
    'mfa-otp',
    'mfa-recovery-code',
  ] as const) {
    if (screen.startsWith(group)) return group
  }
  return 'mfa'
}
