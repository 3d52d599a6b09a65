const firstMs = 400
/** While somebody looks at the page and waits, and when the message may well take a while. */
const [longestMs, patientMs] = [1500, 4000]
const patientAfterMs = 30_000
const giveUpMs = 180_000

/** Keeps the state of the message up to date until it is final; the words are on the page already. */
export function watchDelivery(box) {
  const began = Date.now()
  let waitMs = firstMs
  const longest = () => (Date.now() - began < patientAfterMs ? longestMs : patientMs)
  const show = (state) => {
    if (box.dataset.delivery === state) return
    box.dataset.delivery = state
    for (const words of box.querySelectorAll('[data-state]')) {
      words.hidden = words.dataset.state !== state
    }
  }
  const ask = async () => {
    try {
      const reply = await fetch(box.dataset.watch, { headers: { accept: 'application/json' } })
      if (!reply.ok) throw new Error(String(reply.status))
      const { state, final } = await reply.json()
      show(state)
      if (final) return
      waitMs = Math.min(state === 'queued' ? waitMs * 1.3 : longestMs, longest())
    } catch {
      waitMs = patientMs
    }
    if (Date.now() - began < giveUpMs) setTimeout(ask, waitMs)
  }
  setTimeout(ask, waitMs)
}
