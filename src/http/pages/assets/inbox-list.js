// The list of numbers, the one with the newest message first.

import { byId, fromTemplate } from './page.js'
import { showRelative } from './time.js'

const list = byId('conversations')
const rows = new Map()

/** Where a conversation is on this page. A number never goes to the server in an address. */
export const conversationHref = (recipient) => `#/${encodeURIComponent(recipient)}`

/**
 * @param {{ recipient: string, messages: object[], unread: number }[]} conversations newest first
 * @param {string | undefined} chosen the recipient that is open
 */
export function showConversations(conversations, chosen) {
  const focused = rowOf(document.activeElement)
  const wanted = new Set(conversations.map(({ recipient }) => recipient))
  for (const [recipient, row] of rows) {
    if (wanted.has(recipient)) continue
    row.remove()
    rows.delete(recipient)
  }
  conversations.forEach((conversation, index) => {
    const row = rows.get(conversation.recipient) ?? makeRow(conversation.recipient)
    fill(row, conversation, conversation.recipient === chosen)
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null)
  })
  // A row that moved lost the focus on the way.
  if (focused !== undefined && rowOf(document.activeElement) !== focused) {
    rows.get(focused)?.firstElementChild.focus({ preventScroll: true })
  }
}

function makeRow(recipient) {
  const row = fromTemplate('conversation-template')
  row.dataset.recipient = recipient
  row.firstElementChild.href = conversationHref(recipient)
  row.querySelector('.avatar').textContent = recipient.slice(-2)
  row.querySelector('.number').textContent = recipient
  rows.set(recipient, row)
  return row
}

function fill(row, { messages, unread }, chosen) {
  const [newest] = messages
  const voice = newest.delivery_method === 'voice'
  if (chosen) row.firstElementChild.setAttribute('aria-current', 'true')
  else row.firstElementChild.removeAttribute('aria-current')
  row.querySelector('.preview').textContent = voice ? `Call: ${newest.voice}` : newest.text
  showRelative(row.querySelector('time'), Date.parse(newest.created_at))
  const badge = row.querySelector('.unread')
  badge.hidden = unread === 0
  badge.textContent = unread > 99 ? '99+' : String(unread)
  badge.setAttribute('aria-label', `${unread} new`)
}

function rowOf(element) {
  return element?.closest('#conversations > li')?.dataset.recipient
}

// The arrow keys walk through the list, besides Tab.
list.addEventListener('keydown', (event) => {
  const steps = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }
  const step = steps[event.key]
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return
  const links = [...list.querySelectorAll('a')]
  const at = links.indexOf(document.activeElement)
  if (at < 0) return
  event.preventDefault()
  links[Math.max(0, Math.min(links.length - 1, at + step))].focus()
})
