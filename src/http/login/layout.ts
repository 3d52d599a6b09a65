import type { Texts } from '../../templates/screens/texts.ts'
import { type Html, html } from './html.ts'

/** What the frame of every screen needs. */
export type Frame = {
  /** BCP 47. */
  locale: string
  text: Texts
  logoUrl: string | undefined
  faviconUrl: string | undefined
  /** Addresses of the tenant's style sheet and of the two files of the pages. */
  assets: { style: string; script: string; theme: string }
  companyName: string
  /** The screen's name, for the script and for tests. */
  screen: string
}

const rightToLeft = new Set(['ar', 'fa', 'he', 'ur'])

/** Whether a language runs from right to left. */
export const directionOf = (locale: string): 'rtl' | 'ltr' =>
  rightToLeft.has(locale.split('-')[0] ?? '') ? 'rtl' : 'ltr'

/**
 * A whole page around the markup of one screen. It works without script; nothing in it comes from
 * another host but what the tenant's branding names.
 */
export function page(frame: Frame, title: string, content: Html): string {
  const { locale, text, assets } = frame
  return `<!doctype html>\n${
    html`<html lang="${locale}" dir="${directionOf(locale)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${text('pageTitle', { title })}</title>
${frame.faviconUrl === undefined ? html`<link rel="icon" href="data:,">` : html`<link rel="icon" href="${frame.faviconUrl}">`}
<link rel="stylesheet" href="${assets.style}">
<link rel="stylesheet" href="${assets.theme}">
<script src="${assets.script}" type="module"></script>
</head>
<body data-screen="${frame.screen}">
<main class="card">
${logo(frame)}
${content}
</main>
</body>
</html>`.markup
  }\n`
}

const logo = (frame: Frame): Html =>
  frame.logoUrl === undefined
    ? html`<p class="company">${frame.companyName}</p>`
    : html`<img class="logo" src="${frame.logoUrl}" alt="${frame.text('logoAltText')}">`
