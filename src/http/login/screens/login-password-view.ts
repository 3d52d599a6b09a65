import { html } from '../html.ts'
import {
  editButton,
  editForm,
  form,
  formError,
  heading,
  primaryButton,
  textField,
} from '../parts.ts'
import type { Shown, View } from '../view.ts'

/** The password of whom the first screen named. */
export function loginPasswordView(
  { text, state, errors }: Shown,
  model: { username: string },
): View {
  const title = text('title')
  const content = html`${heading(title, text('description'))}
${formError(text, errors)}
${form(
  state,
  html`<div class="to"><bdi class="number">${model.username}</bdi>${editButton(text('editText'), text('editLinkScreenReadableText'))}</div>
<input type="hidden" name="username" autocomplete="username" value="${model.username}">
${textField({
  ...{ name: 'password', label: text('passwordPlaceholder'), error: errors.password },
  autofocus: true,
  attributes: { type: 'password', autocomplete: 'current-password', maxlength: '1000' },
})}
<div class="field" hidden><label class="choice"><input type="checkbox" id="show-password"> <span>${text('showPassword')}</span></label></div>
${primaryButton(text('buttonText'))}`,
)}
${editForm(state)}`
  return { title, content }
}
