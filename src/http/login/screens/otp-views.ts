import { html } from '../html.ts'
import { action, checkbox, codeField, form, formError, heading, primaryButton } from '../parts.ts'
import { qrCode } from '../qr-code.ts'
import type { Shown, View } from '../view.ts'

/** An authenticator app that is set up: its key as a picture and as text, and the field for a code. */
export function otpEnrollmentView(
  { text, state, errors }: Shown,
  model: {
    /** Base32. */
    secret: string
    uri: string
    hasOtherMethods: boolean
  },
): View {
  const title = text('title')
  const groups = model.secret.match(/.{1,4}/g)?.join(' ') ?? ''
  const content = html`${heading(title, text('description'))}
${formError(text, errors)}
<p class="picture">${qrCode(model.uri, text('qrText'))}</p>
<p class="hint" id="key-label">${text('keyText')}</p>
<p class="secret key" dir="ltr" aria-labelledby="key-label">${groups}</p>
${form(
  state,
  html`${codeField(text, { error: errors.code })}
${primaryButton(text('buttonText'))}
${
  model.hasOtherMethods &&
  html`<div class="others">${action('pick-authenticator', text('pickAuthenticatorText'))}</div>`
}`,
)}`
  return { title, content }
}

/** The field for the code of an authenticator app. */
export function otpChallengeView(
  { text, state, errors }: Shown,
  model: { canRemember: boolean; remembers: boolean; hasOtherMethods: boolean },
): View {
  const title = text('title')
  const content = html`${heading(title, text('description'))}
${formError(text, errors)}
${form(
  state,
  html`${codeField(text, { error: errors.code })}
${model.canRemember && checkbox('rememberDevice', text('rememberMeText'), { checked: model.remembers })}
${primaryButton(text('buttonText'))}
${
  model.hasOtherMethods &&
  html`<div class="others">${action('pick-authenticator', text('pickAuthenticatorText'))}</div>`
}`,
)}`
  return { title, content }
}
