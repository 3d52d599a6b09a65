// Speaks the words of a call, when the browser can.

const synthesis = 'speechSynthesis' in window ? window.speechSynthesis : undefined
let speaking
/** How many buttons are off; makes their ids distinct. */
let silent = 0

/**
 * Makes a button speak and stop. Where the browser cannot, the button is off and the reason stands beside it.
 *
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} reason
 * @param {string} words
 */
export function speakOnClick(button, reason, words) {
  if (synthesis === undefined) {
    switchOff(button, reason, 'This browser cannot speak.')
    return
  }
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') === 'true') return
    const mine = speaking?.button === button
    speaking?.end()
    if (mine) return
    speak(button, reason, words)
  })
}

/** Silence, when its conversation is left. */
export function stopSpeaking() {
  speaking?.end()
}

function speak(button, reason, words) {
  const utterance = new SpeechSynthesisUtterance(words)
  const end = () => {
    if (speaking?.utterance !== utterance) return
    speaking = undefined
    synthesis.cancel()
    button.textContent = 'Speak'
  }
  utterance.addEventListener('end', end)
  utterance.addEventListener('error', (event) => {
    end()
    // These two are our own doing.
    if (event.error === 'canceled' || event.error === 'interrupted') return
    switchOff(button, reason, 'This browser has no voice installed.')
  })
  speaking = { button, utterance, end }
  button.textContent = 'Stop'
  synthesis.speak(utterance)
}

function switchOff(button, reason, text) {
  silent += 1
  reason.id = `reason-${silent}`
  reason.textContent = text
  reason.hidden = false
  button.setAttribute('aria-disabled', 'true')
  button.setAttribute('aria-describedby', reason.id)
}
