import type { Texts } from '../../templates/screens/texts.ts'
import type { Country } from './countries.ts'
import { type Html, html } from './html.ts'

/** Errors of a form by field; the empty name is the form as a whole. The words are text, not keys. */
export type FormErrors = Readonly<Record<string, string>>

/** The form of a screen; every post carries the login's `state`. */
export const form = (state: string, content: Html): Html => html`<form method="post" novalidate>
<input type="hidden" name="state" value="${state}">
${content}
</form>`

/** Heading and description; the title takes the focus for a screen reader after each step. */
export const heading = (title: string, description?: string | Html): Html =>
  html`<h1>${title}</h1>
${description !== undefined && html`<p class="lead">${description}</p>`}`

/** The error of the form as a whole, announced when the page opens. */
export const formError = (text: Texts, errors: FormErrors): Html | undefined =>
  errors[''] === undefined
    ? undefined
    : html`<div class="alert" role="alert" id="form-error"><strong class="visually-hidden">${text('alertTitle')}: </strong>${errors['']}</div>`

/** The button of a form that most people want. */
export const primaryButton = (words: string): Html =>
  html`<button class="button primary" name="action" value="default">${words}</button>`

/**
 * The button that leads back to what was typed before. It stands above the primary button, so it belongs
 * to a form of its own: the Enter key means the first button of a form.
 */
export const editButton = (words: string, spoken?: string): Html =>
  html`<button class="link" form="edit" name="action" value="edit">${words}${
    spoken !== undefined && html`<span class="visually-hidden">: ${spoken}</span>`
  }</button>`

/** That form; it comes after the form of the screen. */
export const editForm = (state: string): Html => html`<form method="post" id="edit">
<input type="hidden" name="state" value="${state}">
</form>`

/** A button that looks like a link. Its name is its meaning on the wire. */
export const action = (value: string, words: string): Html =>
  html`<button class="link" name="action" value="${value}" formnovalidate>${words}</button>`

const described = (ids: (string | undefined | false)[]): Html | undefined => {
  const known = ids.filter((id) => typeof id === 'string')
  return known.length === 0 ? undefined : html` aria-describedby="${known.join(' ')}"`
}

type TextField = {
  name: string
  label: string
  value?: string | undefined
  hint?: string | undefined
  error?: string | undefined
  autofocus?: boolean
  /** `type`, `inputmode`, `autocomplete` and the like; the program's own words. */
  attributes: Readonly<Record<string, string>>
}

/** A labelled input with its hint and its error. */
export const textField = (field: TextField): Html => {
  const { name, error, hint } = field
  return html`<div class="field">
<label for="${name}">${field.label}</label>
<input id="${name}" name="${name}" value="${field.value ?? ''}" required${attributesOf(field.attributes)}${
    field.autofocus === true && html` autofocus`
  }${error !== undefined && html` aria-invalid="true"`}${described([
    error !== undefined && `${name}-error`,
    hint !== undefined && `${name}-hint`,
  ])}>
${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
${error !== undefined && html`<p class="field-error" id="${name}-error">${error}</p>`}
</div>`
}

const attributesOf = (attributes: Readonly<Record<string, string>>): Html[] =>
  Object.entries(attributes).map(([name, value]) => html` ${name}="${value}"`)

/** Two hundred and more on each page, and never another one. */
const countryOptions = new WeakMap<Country, Html>()

function countryOption(country: Country, selected: boolean): Html {
  const known = selected ? undefined : countryOptions.get(country)
  if (known !== undefined) return known
  const { code, name, prefix } = country
  const option = html`<option value="${code}"${selected && html` selected`}>${name} (+${prefix})</option>`
  if (!selected) countryOptions.set(country, option)
  return option
}

/** The number field with its country; without script the person picks the country by name. */
export const phoneField = (
  text: Texts,
  field: {
    value: string
    country: string
    countries: readonly Country[]
    error: string | undefined
  },
): Html => html`<div class="phone">
<div class="field">
<label for="country">${text('countryLabel')}</label>
<select id="country" name="country" autocomplete="country">
${field.countries.map((country) => countryOption(country, country.code === field.country))}
</select>
</div>
${textField({
  ...{ name: 'phone', label: text('phonePlaceholder'), value: field.value, error: field.error },
  hint: text('phoneHint'),
  autofocus: true,
  attributes: { type: 'tel', inputmode: 'tel', autocomplete: 'tel', maxlength: '40', dir: 'ltr' },
})}
</div>`

/** The field of a one-time code, so that phones offer to fill it in. */
export const codeField = (text: Texts, field: { error: string | undefined }): Html =>
  textField({
    ...{ name: 'code', label: text('placeholder'), hint: text('codeHint'), error: field.error },
    autofocus: true,
    attributes: {
      class: 'code',
      type: 'text',
      inputmode: 'numeric',
      autocomplete: 'one-time-code',
      maxlength: '60',
      dir: 'ltr',
      spellcheck: 'false',
    },
  })

/** What became of the message: told when the page is made, and kept up to date by the script. */
export type DeliveryState = 'queued' | 'sent' | 'delivered' | 'failed'

/** The state of the message, with the best next step where it failed. */
export function delivery(
  text: Texts,
  shown: { state: DeliveryState; final: boolean; voice: boolean; canCall: boolean; url: string },
): Html {
  const words = {
    queued: text('deliveryQueued'),
    sent: text('deliverySent'),
    delivered: text('deliveryDelivered'),
    failed: `${text(shown.voice ? 'deliveryFailedVoice' : 'deliveryFailed')} ${text(
      shown.canCall && !shown.voice ? 'deliveryTryCall' : 'deliveryTryNumber',
    )}`,
  }
  return html`<div class="delivery" data-delivery="${shown.state}"${
    !shown.final && html` data-watch="${shown.url}"`
  }>
<p role="status">${(Object.keys(words) as DeliveryState[]).map(
    (state) =>
      html`<span data-state="${state}"${state !== shown.state && html` hidden`}>${words[state]}</span>`,
  )}</p>
${!shown.final && html`<noscript><a href="">${text('deliveryRefresh')}</a></noscript>`}
</div>`
}

/** A number, which runs from left to right in every language. */
export const numberText = (number: string): Html =>
  html`<bdi class="number" dir="ltr">${number}</bdi>`

/** One choice of a short list. */
export const choice = (
  name: string,
  option: { value: string; words: string; checked: boolean },
): Html =>
  html`<label class="choice"><input type="radio" name="${name}" value="${option.value}"${
    option.checked && html` checked`
  }> <span>${option.words}</span></label>`

/** A box to tick. */
export const checkbox = (
  name: string,
  words: string,
  { error, checked }: { error?: string | undefined; checked?: boolean } = {},
): Html => html`<div class="field">
<label class="choice"><input type="checkbox" id="${name}" name="${name}" value="true"${
  checked === true && html` checked`
}${
  error !== undefined && html` aria-invalid="true" aria-describedby="${name}-error"`
}> <span>${words}</span></label>
${error !== undefined && html`<p class="field-error" id="${name}-error">${error}</p>`}
</div>`
