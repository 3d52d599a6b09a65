import type { Country } from '../countries.ts'
import { html } from '../html.ts'
import { action, form, formError, heading, phoneField, primaryButton, textField } from '../parts.ts'
import type { Shown, View } from '../view.ts'

/** The first screen: a phone number for a code, or what one logs in with a password. */
export function loginIdView(
  { text, state, errors }: Shown,
  model:
    | {
        by: 'phone'
        value: string
        country: string
        countries: readonly Country[]
        /** Whether a password is a way in, too. */
        hasOther: boolean
      }
    | {
        by: 'password'
        value: string
        /** Only e-mail addresses are identifiers here. */
        emailOnly: boolean
        hasOther: boolean
      },
): View {
  const title = text('title')
  const field =
    model.by === 'phone'
      ? phoneField(text, { ...model, error: errors.phone })
      : textField({
          name: 'username',
          label: text(model.emailOnly ? 'emailPlaceholder' : 'usernamePlaceholder'),
          value: model.value,
          error: errors.username,
          autofocus: true,
          attributes: {
            type: 'text',
            autocomplete: 'username',
            autocapitalize: 'none',
            spellcheck: 'false',
            maxlength: '320',
          },
        })
  const content = html`${heading(title, text('description'))}
${formError(text, errors)}
${form(
  state,
  html`${field}
${model.by === 'phone' && html`<p class="hint">${text('phoneDescription')}</p>`}
${primaryButton(text('buttonText'))}
${
  model.hasOther &&
  html`<div class="others">${
    model.by === 'phone'
      ? action('toggle-password', text('switchToPassword'))
      : action('toggle-phone', text('switchToPhone'))
  }</div>`
}`,
)}`
  return { title, content }
}
