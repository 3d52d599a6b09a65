// The inbox page: what is known, what is open, and what follows from it.

import { followInbox } from './inbox-feed.js'
import { showConversations } from './inbox-list.js'
import { focusConversation, showConversation } from './inbox-talk.js'
import { byId } from './page.js'
import { keepTimesCurrent } from './time.js'

/** As many as the server keeps. */
const keptMessages = 1000

const main = byId('main')
const filter = byId('filter')
const wide = matchMedia('(min-width: 48rem)')

let messages = []
let loaded = false
/** Ids that nobody has looked at. */
let unread = new Set()
/** What the person opened; nothing means: the newest conversation, where there is room for it. */
let opened = openedByAddress()
let retryAt

const feed = followInbox({
  onAll(all) {
    const known = new Set(messages.map(({ id }) => id))
    const news = loaded ? all.filter(({ id }) => !known.has(id)) : []
    messages = all
    loaded = true
    receive(news)
  },
  onNew(news) {
    messages = [...news, ...messages].slice(0, keptMessages)
    receive(news)
  },
  onLive() {
    retryAt = undefined
    byId('lost').hidden = true
    showConnection('good', 'Live')
  },
  onLost(reason, at) {
    retryAt = at
    byId('lost-reason').textContent = reason
    byId('lost').hidden = false
    showConnection('warn', 'Reconnecting')
    showRetry()
  },
})

function receive(news) {
  for (const { id } of news) unread.add(id)
  unread = unread.intersection(new Set(messages.map(({ id }) => id)))
  show()
  if (news.length === 1) announce(describe(news[0]))
  else if (news.length > 1) announce(`${news.length} new messages`)
}

function describe({ delivery_method, recipient, text, voice }) {
  return delivery_method === 'voice'
    ? `New call to ${recipient}: ${voice}`
    : `New text to ${recipient}: ${text}`
}

function show() {
  const all = conversations()
  const recipient = opened ?? (wide.matches ? all[0]?.recipient : undefined)
  const current = all.find((conversation) => conversation.recipient === recipient)
  main.dataset.state = loaded ? (all.length > 0 ? 'ready' : 'empty') : 'loading'
  main.dataset.view = current === undefined ? 'list' : 'talk'

  if (current !== undefined && document.visibilityState === 'visible') {
    for (const { id } of current.messages) unread.delete(id)
    current.unread = 0
  }
  const digits = filter.value.replace(/\D/g, '')
  const wanted = all.filter((conversation) => conversation.recipient.includes(digits))
  showConversations(wanted, current?.recipient)
  byId('nothing').textContent =
    all.length > 0 && wanted.length === 0 ? `No number contains “${filter.value.trim()}”.` : ''
  showConversation(current, announce)
  document.title = `${unread.size > 0 ? `(${unread.size}) ` : ''}Inbox – Trunkline`
}

/** Messages by number; the number with the newest message first, its newest message first. */
function conversations() {
  return [...Map.groupBy(messages, ({ recipient }) => recipient)].map(([recipient, own]) => ({
    recipient,
    messages: own,
    unread: own.filter(({ id }) => unread.has(id)).length,
  }))
}

function openedByAddress() {
  const name = location.hash.match(/^#\/(.+)$/)?.[1]
  try {
    return name === undefined ? undefined : decodeURIComponent(name)
  } catch {
    // Typed by hand and not an address of ours.
    return undefined
  }
}

function announce(sentence) {
  byId('announcer').textContent = sentence
}

function showConnection(tone, text) {
  const badge = byId('connection')
  badge.dataset.tone = tone
  if (badge.textContent === text) return
  // Said once at each change, and not at the first success, which nobody needs to hear.
  if (badge.textContent !== 'Connecting')
    announce(text === 'Live' ? 'Connected again' : 'Connection lost')
  badge.textContent = text
}

function showRetry() {
  if (retryAt === undefined) return
  const seconds = Math.ceil((retryAt - Date.now()) / 1000)
  byId('lost-wait').textContent = seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again …'
}

addEventListener('hashchange', () => {
  // The skip link is an address, too, and opens nothing.
  if (location.hash !== '' && !location.hash.startsWith('#/')) return
  const before = opened
  opened = openedByAddress()
  show()
  // Side by side the focus stays in the list, so that the next one is one key away.
  if (opened !== undefined && !wide.matches) focusConversation()
  else if (opened === undefined && before !== undefined) {
    document.querySelector(`[data-recipient="${CSS.escape(before)}"] a`)?.focus()
  }
})
addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || opened === undefined || wide.matches) return
  location.hash = '#/'
})
filter.addEventListener('input', show)
wide.addEventListener('change', show)
document.addEventListener('visibilitychange', show)
addEventListener('online', feed.retryNow)
byId('retry').addEventListener('click', feed.retryNow)
setInterval(showRetry, 1000)
keepTimesCurrent()
