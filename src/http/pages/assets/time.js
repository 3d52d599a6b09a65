// Times in words, kept current on the page.

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' })
const date = new Intl.DateTimeFormat('en', { weekday: 'long', day: 'numeric', month: 'long' })
const full = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' })

/**
 * "now", "3 min ago", "in 9 hr".
 *
 * @param {number} ms epoch milliseconds
 * @param {number} now epoch milliseconds
 */
export function relativeTime(ms, now) {
  const difference = ms - now
  const distance = Math.abs(difference)
  if (distance < minuteMs / 2) return 'now'
  if (distance < hourMs) return inWords(difference / minuteMs, 'minute')
  if (distance < 2 * dayMs) return inWords(difference / hourMs, 'hour')
  return inWords(difference / dayMs, 'day')
}

/** Rounded, but never "0 min ago"; the dots of "min." and "hr." only make noise. */
function inWords(amount, unit) {
  const whole = Math.sign(amount) * Math.max(1, Math.round(Math.abs(amount)))
  return relative.format(whole, unit).replace('.', '')
}

/** "Today", "Yesterday" or the date. */
export function dayName(ms, now) {
  const midnight = new Date(now).setHours(0, 0, 0, 0)
  if (ms >= midnight) return 'Today'
  if (ms >= midnight - dayMs) return 'Yesterday'
  return date.format(ms)
}

/** "Mar 4, 2031, 2:05:09 PM". */
export const fullTime = (ms) => full.format(ms)

/**
 * Lets a `<time>` tell how far away it is, from now on.
 *
 * @param {HTMLTimeElement} element
 * @param {number} ms epoch milliseconds
 */
export function showRelative(element, ms) {
  element.dateTime = new Date(ms).toISOString()
  element.title = fullTime(ms)
  element.dataset.relative = String(ms)
  element.textContent = relativeTime(ms, Date.now())
}

/** Brings every relative time of the page up to date, every ten seconds and when the page is seen again. */
export function keepTimesCurrent() {
  const update = () => {
    for (const element of document.querySelectorAll('time[data-relative]')) {
      const text = relativeTime(Number(element.dataset.relative), Date.now())
      if (element.textContent !== text) element.textContent = text
    }
  }
  setInterval(update, 10_000)
  document.addEventListener('visibilitychange', update)
}
