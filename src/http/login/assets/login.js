/** Makes the sign-in pages better where there is script; each part works without the others. */
import { watchDelivery } from './delivery.js'
import { formatPhone } from './phone-format.js'

const byId = (id) => document.getElementById(id)

/** A form goes once: a second press while the first is on its way sends no second message. */
function sendOnce(form) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent === 'yes') return event.preventDefault()
    form.dataset.sent = 'yes'
  })
  // The browser may show a kept page after "back".
  addEventListener('pageshow', () => {
    form.dataset.sent = 'no'
  })
}

/** Digits only, however the code was pasted: "123 456", "123-456" or a whole message. */
function cleanCode(field) {
  if (field.inputMode !== 'numeric') return
  field.addEventListener('paste', (event) => {
    const pasted = event.clipboardData?.getData('text') ?? ''
    const digits = pasted.match(/\d[\d\s-]{2,}\d/)?.[0].replace(/\D/g, '')
    if (digits === undefined) return
    event.preventDefault()
    field.value = digits
  })
}

/** Where the browser can read the message itself, it fills the code in and goes on. */
async function readMessage(field) {
  if (!('OTPCredential' in window) || document.body.dataset.screen?.includes('voice')) return
  const abort = new AbortController()
  field.form.addEventListener('submit', () => abort.abort())
  try {
    const found = await navigator.credentials.get({
      otp: { transport: ['sms'] },
      signal: abort.signal,
    })
    if (!found) return
    field.value = found.code
    field.form.requestSubmit(field.form.querySelector('button[value="default"]'))
  } catch {
    // The person declined, or went on by hand.
  }
}

/** Asking again at once helps nobody: the button waits, and says so. The server's limit stands anyway. */
function waitToResend(button) {
  const words = byId('resend-wait')
  if (words === null) return
  let seconds = Number(button.dataset.wait)
  const tick = () => {
    const waiting = seconds > 0
    button.setAttribute('aria-disabled', String(waiting))
    words.hidden = !waiting
    words.textContent = words.dataset.words.replace('${seconds}', String(seconds))
    if (!waiting) return
    seconds -= 1
    setTimeout(tick, 1000)
  }
  button.addEventListener('click', (event) => {
    if (button.getAttribute('aria-disabled') === 'true') event.preventDefault()
  })
  tick()
}

function copyCode(button) {
  button.hidden = false
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(byId('recovery-code').textContent.trim())
    byId('copied').hidden = false
  })
}

function showPassword(box) {
  box.closest('.field').hidden = false
  box.addEventListener('change', () => {
    byId('password').type = box.checked ? 'text' : 'password'
  })
}

const each = (selector, enhance) => {
  for (const element of document.querySelectorAll(selector)) enhance(element)
}

each('form', sendOnce)
each('input.code', cleanCode)
each('input.code[autocomplete="one-time-code"]', readMessage)
each('button[data-wait]', waitToResend)
each('[data-watch]', watchDelivery)
each('#copy', copyCode)
each('#show-password', showPassword)
each('input[type="tel"]', (field) => formatPhone(field, byId('country')))
