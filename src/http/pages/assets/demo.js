// The demo: number, code, tokens. What it knows lives in sessionStorage, so a reload loses nothing and
// closing the tab loses everything.

import {
  exchangeCode,
  exchangeRefreshToken,
  revoke,
  startPasswordless,
  userinfo,
} from './demo-api.js'
import { followDelivery, forgetDelivery } from './demo-delivery.js'
import { byId, make } from './page.js'
import { keepTimesCurrent } from './time.js'
import { showJson, showMembers, showSentence, showToken } from './token-view.js'

const storageKey = 'trunkline-demo'
const resendPauseMs = 30_000

const number = byId('number')
const code = byId('code')
let state = load()
let resendTimer

/** @returns {{ step: 'number' } | { step: 'code', id: string, phone: string, resendAt: number } | { step: 'tokens', tokens: object }} */
function load() {
  try {
    return JSON.parse(sessionStorage.getItem(storageKey)) ?? { step: 'number' }
  } catch {
    // No storage, or not ours.
    return { step: 'number' }
  }
}

function go(next, notice = '') {
  state = next
  try {
    sessionStorage.setItem(storageKey, JSON.stringify(state))
  } catch {
    // Without storage the demo works until the next reload.
  }
  show(notice)
  byId(`${state.step}-step`).querySelector('h1').focus()
}

function show(notice = '') {
  const steps = ['number', 'code', 'tokens']
  const at = steps.indexOf(state.step)
  for (const [index, step] of steps.entries()) {
    byId(`${step}-step`).hidden = index !== at
    const mark = byId('steps').children[index]
    mark.toggleAttribute('data-done', index < at)
    if (index === at) mark.setAttribute('aria-current', 'step')
    else mark.removeAttribute('aria-current')
  }
  showNotice(notice)
  for (const id of ['number', 'code', 'tokens']) showError(id, undefined)
  if (state.step === 'code') showCodeStep()
  else forgetDelivery()
  if (state.step === 'tokens') void showTokens()
}

/** For the eye, and for the ear: a live region must have been there before its text. */
function showNotice(text) {
  byId('notice').hidden = text === ''
  for (const id of ['notice', 'announcer']) byId(id).textContent = text
}

function showCodeStep() {
  byId('sent-to').textContent = state.phone
  code.value = ''
  followDelivery(state.id)
  showCooldown()
}

async function showTokens() {
  const { id_token, access_token, ...rest } = state.tokens
  showToken('id-token', id_token)
  showToken('access-token', access_token)
  showMembers('answer', 'Members', rest)
  byId('refresh').hidden = rest.refresh_token === undefined
  try {
    const profile = await userinfo(access_token)
    showJson('userinfo', profile)
    byId('who').replaceChildren('as ', make('bdi', {}, String(profile.name ?? profile.sub)))
  } catch (error) {
    showSentence('userinfo', error.message)
  }
}

/** Runs one piece of work for a button, and once only while it runs. */
async function withButton(button, waiting, work) {
  if (button.getAttribute('aria-disabled') === 'true') return
  const label = button.textContent
  button.setAttribute('aria-disabled', 'true')
  button.textContent = waiting
  try {
    await work()
  } finally {
    button.removeAttribute('aria-disabled')
    button.textContent = label
  }
}

/** Shows an error under its field, ties it to the field and goes there. Nothing clears it. */
function showError(id, error) {
  const element = byId(`${id}-error`)
  const input = id === 'tokens' ? undefined : byId(id)
  element.hidden = error === undefined
  element.replaceChildren(error?.message ?? '')
  if (error?.wire) element.append(make('small', {}, error.wire))
  input?.toggleAttribute('aria-invalid', false)
  if (error === undefined) return
  input?.setAttribute('aria-invalid', 'true')
  input?.focus()
  input?.select()
}

/** As people and address books write numbers: other digits, dashes and blanks, invisible marks. */
function plainNumber(text) {
  return text
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15))
    .replace(/\p{Pd}/gu, '-')
    .replace(/\p{Zs}/gu, ' ')
    .trim()
}

/** A whole message may be pasted: the code is its first long run of digits. */
function plainCode(text) {
  const joined = text.replace(/[\s-]/g, '')
  if (/^\w*$/.test(joined) && /^[\d\s-]*$|^\S*$/.test(text.trim())) return joined
  return text.match(/\d{4,}/)?.[0] ?? joined
}

byId('number-step').addEventListener('submit', (event) => {
  event.preventDefault()
  const phone = plainNumber(number.value)
  if (phone === '') {
    showError('number', new Error('Enter your phone number.'))
    return
  }
  void withButton(event.submitter ?? button('number-step'), 'Sending …', async () => {
    try {
      await start(phone)
    } catch (error) {
      showError('number', error)
    }
  })
})

async function start(phone) {
  const started = await startPasswordless(phone)
  go({
    step: 'code',
    id: started._id,
    phone: started.phone_number ?? phone,
    resendAt: Date.now() + resendPauseMs,
  })
}

byId('code-step').addEventListener('submit', (event) => {
  event.preventDefault()
  const otp = plainCode(code.value)
  if (otp === '') {
    showError('code', new Error('Enter the code from the message.'))
    return
  }
  void withButton(button('code-step'), 'Signing in …', async () => {
    try {
      go({ step: 'tokens', tokens: await exchangeCode(state.phone, otp) })
    } catch (error) {
      showError('code', error)
    }
  })
})

code.addEventListener('paste', (event) => {
  const text = event.clipboardData?.getData('text') ?? ''
  const plain = plainCode(text)
  if (plain === '') return
  event.preventDefault()
  code.setRangeText(plain, 0, code.value.length, 'end')
})

byId('resend').addEventListener('click', async () => {
  const resend = byId('resend')
  if (resend.getAttribute('aria-disabled') === 'true') return
  resend.setAttribute('aria-disabled', 'true')
  resend.textContent = 'Sending …'
  try {
    await start(state.phone)
    code.focus()
    showNotice('A new code is on its way. Codes sent before no longer work.')
  } catch (error) {
    if (error.retryAfterS !== undefined) state.resendAt = Date.now() + error.retryAfterS * 1000
    showError('code', error)
    showCooldown()
  }
})

function showCooldown() {
  clearTimeout(resendTimer)
  if (state.step !== 'code') return
  const resend = byId('resend')
  const seconds = Math.ceil((state.resendAt - Date.now()) / 1000)
  resend.toggleAttribute('aria-disabled', false)
  if (seconds > 0) resend.setAttribute('aria-disabled', 'true')
  resend.textContent = seconds > 0 ? `Send a new code (in ${seconds} s)` : 'Send a new code'
  if (seconds > 0) resendTimer = setTimeout(showCooldown, 1000)
}

byId('change').addEventListener('click', () => {
  number.value = state.phone
  go({ step: 'number' })
  number.focus()
  number.select()
})

byId('refresh').addEventListener('click', () => {
  void withButton(byId('refresh'), 'Refreshing …', async () => {
    const { tokens } = state
    try {
      const fresh = await exchangeRefreshToken(tokens.refresh_token)
      // A refresh token that does not rotate is not sent again, and stays good.
      go({ step: 'tokens', tokens: { ...tokens, ...fresh } }, 'The tokens are fresh.')
      byId('refresh').focus()
    } catch (error) {
      showError('tokens', error)
    }
  })
})

byId('sign-out').addEventListener('click', () => {
  void withButton(byId('sign-out'), 'Signing out …', async () => {
    const { refresh_token } = state.tokens
    let notice = 'You are signed out.'
    try {
      if (refresh_token !== undefined) {
        await revoke(refresh_token)
        notice = 'You are signed out, and the refresh token is revoked.'
      }
    } catch (error) {
      notice = `You are signed out here, but the refresh token was not revoked: ${error.message}`
    }
    number.value = ''
    go({ step: 'number' }, notice)
  })
})

const button = (formId) => byId(formId).querySelector('[type=submit]')

keepTimesCurrent()
show()
