import { type Html, html } from '../html.ts'
import {
  action,
  checkbox,
  codeField,
  type DeliveryState,
  delivery,
  editButton,
  editForm,
  form,
  formError,
  heading,
  numberText,
  primaryButton,
} from '../parts.ts'
import type { Shown, View } from '../view.ts'

/** What a screen that asks for a code can offer. */
export type CodeModel = {
  /** The number, whole where the person typed it, masked where it was stored. */
  number: string
  canEdit: boolean
  voice: boolean
  /** Absent when nothing is known of the message. */
  delivery: { state: DeliveryState; final: boolean; url: string } | undefined
  /** The other way to get the code, where the tenant offers it. */
  otherMethod: 'voice' | 'sms' | undefined
  hasOtherNumbers: boolean
  hasOtherMethods: boolean
  canRemember: boolean
  /** The box was ticked before the code turned out to be wrong. */
  remembers?: boolean
  /** Seconds until the button to send again is offered; the server's limits stand beside it. */
  resendWaitS: number
}

/** The screens that ask for a code by text or call: passwordless and MFA alike. */
export function codeView({ text, state, errors }: Shown, model: CodeModel): View {
  const title = text('title')
  const content = html`${heading(title)}
${formError(text, errors)}
${form(
  state,
  html`<div class="to"><p class="lead">${text('description')}</p> ${numberText(model.number)}${
    model.canEdit && editButton(text('editText'), text('editLinkScreenReadableText'))
  }</div>
${model.delivery && delivery(text, { ...model.delivery, voice: model.voice, canCall: model.otherMethod === 'voice' })}
${codeField(text, { error: errors.code })}
${model.canRemember && checkbox('rememberDevice', text('rememberMeText'), { checked: model.remembers === true })}
${primaryButton(text('buttonText'))}
${others(text, model)}`,
)}
${model.canEdit && editForm(state)}`
  return { title, content }
}

const others = (text: Shown['text'], model: CodeModel): Html => html`<div class="others">
<div class="resend"><span>${text('resendText')}</span>
<button class="link" name="action" value="resend-code" formnovalidate data-wait="${model.resendWaitS}">${text(
  model.voice ? 'callAgainActionText' : 'resendActionText',
)}</button>
<span id="resend-wait" class="hint" data-words="${text('resendWaitText', { seconds: '${seconds}' })}" hidden></span></div>
${model.otherMethod === 'voice' && action('get-a-call', text('resendVoiceActionText'))}
${model.otherMethod === 'sms' && action('switch-sms', text('resendSmsActionText'))}
${model.hasOtherNumbers && action('pick-phone', text('pickSmsText'))}
${model.hasOtherMethods && action('pick-authenticator', text('pickAuthenticatorText'))}
</div>`
