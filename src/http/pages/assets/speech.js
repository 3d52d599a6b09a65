// Speaks the words of a call, when the browser can.

const synthesis = 'speechSynthesis' in window ? window.speechSynthesis : undefined
/** Voices come late in some browsers; after this long without one there is none. */
const voicesWithinMs = 2000

/** Every button that speaks, with the place for the reason why it does not. */
const speakers = new Map()
let speaking
let waited = false

if (synthesis !== undefined) {
  synthesis.addEventListener?.('voiceschanged', showAbility)
  setTimeout(() => {
    waited = true
    showAbility()
  }, voicesWithinMs)
}

/**
 * Makes a button speak and stop. Where the browser cannot, the button is off and the reason stands beside it.
 *
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} reason
 * @param {string} words
 */
export function speakOnClick(button, reason, words) {
  reason.id = `reason-${speakers.size}`
  speakers.set(button, reason)
  showAbility()
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') === 'true') return
    const mine = speaking?.button === button
    stopSpeaking()
    if (!mine) speak(button, words)
  })
}

/** Silence, for instance when its conversation is left. */
export function stopSpeaking() {
  if (speaking === undefined) return
  speaking.button.textContent = 'Speak'
  speaking = undefined
  synthesis.cancel()
}

function speak(button, words) {
  const voice = localVoice()
  const utterance = new SpeechSynthesisUtterance(words)
  if (voice !== undefined) {
    utterance.voice = voice
    utterance.lang = voice.lang
  }
  const end = () => {
    if (speaking?.utterance === utterance) stopSpeaking()
  }
  utterance.addEventListener('end', end)
  utterance.addEventListener('error', end)
  speaking = { button, utterance }
  button.textContent = 'Stop'
  synthesis.speak(utterance)
}

/** A voice of this machine: others send the words, and so the code, to somebody's server. */
function localVoice() {
  const voices = synthesis.getVoices().filter(({ localService }) => localService)
  const language = navigator.language.slice(0, 2)
  return (
    voices.find((voice) => voice.default) ??
    voices.find(({ lang }) => lang.startsWith(language)) ??
    voices[0]
  )
}

function inability() {
  if (synthesis === undefined) return 'This browser cannot speak.'
  if (waited && localVoice() === undefined) return 'There is no voice on this machine.'
  return undefined
}

function showAbility() {
  const why = inability()
  for (const [button, reason] of speakers) {
    reason.textContent = why ?? ''
    reason.hidden = why === undefined
    if (why === undefined) {
      button.removeAttribute('aria-disabled')
      button.removeAttribute('aria-describedby')
    } else {
      button.setAttribute('aria-disabled', 'true')
      button.setAttribute('aria-describedby', reason.id)
    }
  }
}
