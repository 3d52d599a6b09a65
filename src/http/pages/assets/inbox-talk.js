// One conversation: bubbles as on a phone, the newest at the bottom.

import { byId, copyOnClick, fromTemplate, make } from './page.js'
import { speakOnClick, stopSpeaking } from './speech.js'
import { dayName, showRelative } from './time.js'

const kinds = {
  otp_verify: 'Sign-in code',
  otp_enroll: 'Enrolment code',
  change_password: 'Password reset',
  blocked_account: 'Blocked account',
  password_breach: 'Leaked password',
}

const scroll = byId('scroll')
const bubbles = byId('messages')
const title = byId('talk-title')
let shown = { recipient: undefined, ids: new Set(), days: '' }

/**
 * Shows a conversation. What is there already stays, so nothing that is being read, copied or spoken is
 * disturbed by a new message.
 *
 * @param {{ recipient: string, messages: object[] } | undefined} conversation messages newest first
 * @param {(sentence: string) => void} announce
 */
export function showConversation(conversation, announce) {
  const recipient = conversation?.recipient
  const messages = conversation?.messages.toReversed() ?? []
  const days = messages
    .map(dayOf)
    .filter((day, index, all) => day !== all[index - 1])
    .join()
  const ids = new Set(messages.map(({ id }) => id))
  const same =
    recipient === shown.recipient && days.startsWith(shown.days) && shown.ids.isSubsetOf(ids)
  if (!same) {
    stopSpeaking()
    bubbles.replaceChildren()
    shown = { recipient, ids: new Set(), days: '' }
  }

  const atBottom = !same || scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80
  let day = shown.ids.size > 0 ? bubbles.lastElementChild.dataset.day : undefined
  for (const message of messages) {
    if (shown.ids.has(message.id)) continue
    if (dayOf(message) !== day) {
      day = dayOf(message)
      const divider = fromTemplate('day-template')
      divider.firstElementChild.textContent = day
      bubbles.append(divider)
    }
    const bubble = makeBubble(message, announce)
    bubble.dataset.day = day
    bubble.classList.toggle('new', same)
    bubbles.append(bubble)
  }
  shown = { recipient, ids, days }

  title.firstElementChild.textContent = recipient ?? ''
  const count = messages.length
  byId('talk-count').textContent = count === 1 ? '1 message' : `${count} messages`
  if (atBottom) scroll.scrollTop = scroll.scrollHeight
}

/** The heading takes the focus when a person opened the conversation. */
export function focusConversation() {
  title.focus({ preventScroll: true })
}

const dayOf = (message) => dayName(Date.parse(message.created_at), Date.now())

function makeBubble(message, announce) {
  const voice = message.delivery_method === 'voice'
  const bubble = fromTemplate(voice ? 'voice-template' : 'text-template')
  const words = bubble.querySelector('.words')
  words.append(...highlight(voice ? message.voice : message.text, message.code))

  if (voice) {
    bubble.classList.add('voice')
    speakOnClick(bubble.querySelector('.speak'), bubble.querySelector('.reason'), message.voice)
  }

  bubble.querySelector('.kind').textContent = kinds[message.message_type] ?? message.message_type
  showRelative(bubble.querySelector('time'), Date.parse(message.created_at))

  const button = bubble.querySelector('.copy')
  if (message.code === undefined) button.remove()
  else {
    button.setAttribute('aria-label', `Copy code ${[...message.code].join(' ')}`)
    copyOnClick(button, message.code, announce)
  }
  return bubble
}

/** The words as nodes, with the code marked wherever it stands. */
function highlight(words, code) {
  if (code === undefined || code === '') return [words]
  return words
    .split(code)
    .flatMap((part, index) => (index === 0 ? [part] : [make('mark', {}, code), part]))
}
