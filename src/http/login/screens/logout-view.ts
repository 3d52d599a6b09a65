import { html } from '../html.ts'
import { heading } from '../parts.ts'
import type { Shown, View } from '../view.ts'

/** Asks a person whether the application's wish to log out is theirs. */
export function logoutView(
  { text }: Pick<Shown, 'text'>,
  model: { fields: Readonly<Record<string, string>> },
): View {
  const title = text('title')
  const content = html`${heading(title, text('description'))}
<form method="post" action="/oidc/logout">
${Object.entries(model.fields).map(
  ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
)}
<button class="button primary" name="confirmed" value="yes">${text('buttonText')}</button>
</form>`
  return { title, content }
}

/** The end of a logout that leads nowhere. */
export function loggedOutView({ text }: Pick<Shown, 'text'>): View {
  const title = text('doneTitle')
  return { title, content: heading(title, text('doneDescription')) }
}
