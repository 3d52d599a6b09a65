import type { Country } from '../countries.ts'
import { type Html, html } from '../html.ts'
import {
  action,
  checkbox,
  choice,
  form,
  formError,
  heading,
  numberText,
  phoneField,
  primaryButton,
  textField,
} from '../parts.ts'
import type { Shown, View } from '../view.ts'

/** A list of methods or numbers, each a button. */
export function optionsView(
  { text, state, errors }: Shown,
  model: { options: readonly { value: string; words: string }[]; canGoBack: boolean },
): View {
  const title = text('title')
  const content = html`${heading(title, text('description'))}
${formError(text, errors)}
${form(
  state,
  html`<div class="options">${model.options.map(
    ({ value, words }) =>
      html`<button class="button" name="action" value="${value}">${words}</button>`,
  )}</div>
${model.canGoBack && html`<div class="others">${action('back', text('backText'))}</div>`}`,
)}`
  return { title, content }
}

const typeChoice = (text: Shown['text'], chosen: 'sms' | 'voice'): Html => html`<fieldset>
<legend>${text('typeLabel')}</legend>
${choice('type', { value: 'sms', words: text('smsOption'), checked: chosen === 'sms' })}
${choice('type', { value: 'voice', words: text('voiceOption'), checked: chosen === 'voice' })}
</fieldset>`

/** A number for the second factor; with the choice of text or call where both are open. */
export function phoneEnrollmentView(
  { text, state, errors }: Shown,
  model: {
    value: string
    country: string
    countries: readonly Country[]
    /** Undefined where only one way is open. */
    type: 'sms' | 'voice' | undefined
    hasOtherMethods: boolean
  },
): View {
  const title = text('title')
  const content = html`${heading(title, text('description'))}
${formError(text, errors)}
${form(
  state,
  html`${phoneField(text, { ...model, error: errors.phone })}
${model.type && typeChoice(text, model.type)}
${primaryButton(text('buttonText'))}
${
  model.hasOtherMethods &&
  html`<div class="others">${action('pick-authenticator', text('pickAuthenticatorText'))}</div>`
}`,
)}`
  return { title, content }
}

/** Text or call, before anything is sent to a stored number. */
export function phoneChallengeView(
  { text, state, errors }: Shown,
  model: {
    number: string
    type: 'sms' | 'voice'
    hasOtherNumbers: boolean
    hasOtherMethods: boolean
  },
): View {
  const title = text('title')
  const content = html`${heading(title)}
${formError(text, errors)}
${form(
  state,
  html`<div class="to"><p class="lead">${text('description')}</p> ${numberText(model.number)}</div>
${typeChoice(text, model.type)}
${primaryButton(text('buttonText'))}
${
  (model.hasOtherNumbers || model.hasOtherMethods) &&
  html`<div class="others">
${model.hasOtherNumbers && action('pick-phone', text('pickSmsText'))}
${model.hasOtherMethods && action('pick-authenticator', text('pickAuthenticatorText'))}</div>`
}`,
)}`
  return { title, content }
}

/** A recovery code, shown once; the person confirms that it was kept. */
export function recoveryCodeView(
  { text, state, errors }: Shown,
  model: { recoveryCode: string },
): View {
  const title = text('title')
  const groups = model.recoveryCode.match(/.{1,4}/g)?.join(' ') ?? ''
  const content = html`${heading(title, text('description'))}
${formError(text, errors)}
<p class="secret" id="recovery-code" dir="ltr">${groups}</p>
<p><button type="button" class="link" id="copy" hidden>${text('copyText')}</button> <span id="copied" role="status" hidden>${text('copiedText')}</span></p>
${form(
  state,
  html`${checkbox('confirmed', text('confirmText'), { error: errors.confirmed })}
${primaryButton(text('buttonText'))}`,
)}`
  return { title, content }
}

/** The field for a recovery code. */
export function recoveryChallengeView(
  { text, state, errors }: Shown,
  model: { hasOtherMethods: boolean },
): View {
  const title = text('title')
  const content = html`${heading(title, text('description'))}
${formError(text, errors)}
${form(
  state,
  html`${textField({
    ...{ name: 'code', label: text('placeholder'), error: errors.code },
    autofocus: true,
    attributes: {
      ...{ type: 'text', autocomplete: 'off', autocapitalize: 'characters' },
      ...{ spellcheck: 'false', maxlength: '60', dir: 'ltr' },
    },
  })}
${primaryButton(text('buttonText'))}
${
  model.hasOtherMethods &&
  html`<div class="others">${action('pick-authenticator', text('pickAuthenticatorText'))}</div>`
}`,
)}`
  return { title, content }
}

/** How the way from an enrolment ticket ended. */
export function enrollResultView(
  { text }: Shown,
  model: { result: 'success' | 'expired' | 'used' | 'invalid' | 'enrolled' },
): View {
  const failed = {
    expired: 'expiredTitle',
    used: 'usedTitle',
    invalid: 'invalidTitle',
    enrolled: 'enrolledTitle',
  }
  const title = text(model.result === 'success' ? 'title' : failed[model.result])
  const words = text(model.result === 'success' ? 'description' : 'failedDescription')
  return { title, content: heading(title, words) }
}

/** A page without a way on, but with one back to the application where it has one. */
export function statusView(
  { text }: Shown,
  model: { reason: string | undefined; backUrl: string | undefined },
): View {
  const title = text('title')
  const content = html`${heading(title, text(model.reason ?? 'description'))}
${model.backUrl !== undefined && html`<a class="button" href="${model.backUrl}">${text('backToApp')}</a>`}`
  return { title, content }
}
