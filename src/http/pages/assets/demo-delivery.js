// Tells what becomes of the message while the person waits for it.

import { deliveryStatus } from './demo-api.js'
import { byId } from './page.js'

const words = {
  queued: ['', 'Queued', 'The message is about to leave.'],
  sent: ['warn', 'Sent', 'On its way to the phone.'],
  delivered: ['good', 'Delivered', 'The message has arrived.'],
  failed: [
    'bad',
    'Failed',
    'The message could not be delivered. Check the number or send a new code.',
  ],
}

let stop = () => {}

/**
 * Shows the state of one message until it is final. A former message is forgotten.
 *
 * @param {string} id
 */
export function followDelivery(id) {
  stop()
  let stopped = false
  let timer
  stop = () => {
    stopped = true
    clearTimeout(timer)
  }
  show('queued')
  let asked = 0
  void ask()

  async function ask() {
    asked += 1
    // Often at first, then seldom: the server counts 60 a minute and address.
    let pauseMs = asked < 8 ? 700 : asked < 20 ? 2000 : 5000
    try {
      const { state, final } = await deliveryStatus(id)
      if (stopped) return
      show(state)
      if (final) return
    } catch (error) {
      if (stopped) return
      // Unknown by now, or this tenant does not tell: nothing more will come.
      if (error.code !== undefined && error.retryAfterS === undefined) return
      pauseMs = Math.max(pauseMs, (error.retryAfterS ?? 5) * 1000)
    }
    timer = setTimeout(ask, pauseMs)
  }
}

/** No more questions. */
export function forgetDelivery() {
  stop()
}

function show(state) {
  const [tone, badge, text] = words[state] ?? ['', state, '']
  const element = byId('delivery')
  if (element.textContent === badge) return
  element.dataset.tone = tone
  element.textContent = badge
  byId('delivery-text').textContent = text
}
