// Small things that more than one page needs.

/**
 * The element with this id.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`no element #${id}`)
  return element
}

/**
 * A fresh copy of the one element in a template.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function fromTemplate(id) {
  return byId(id).content.firstElementChild.cloneNode(true)
}

/**
 * Makes an element. Children that are strings become text, never markup.
 *
 * @param {string} name
 * @param {{ class?: string }} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function make(name, attributes, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

/**
 * Copies on click and says so on the button for a moment.
 *
 * @param {HTMLElement} button
 * @param {string} text
 * @param {(sentence: string) => void} announce tells those who do not see the button
 */
export function copyOnClick(button, text, announce = () => {}) {
  const label = button.textContent
  let timer
  button.addEventListener('click', async () => {
    const copied = await copy(text)
    button.textContent = copied ? 'Copied' : 'Could not copy'
    announce(button.textContent)
    clearTimeout(timer)
    timer = setTimeout(() => {
      button.textContent = label
    }, 2000)
  })
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // No permission, or plain http under a name: the old way needs neither.
    const area = make('textarea', { class: 'visually-hidden', 'aria-hidden': 'true' })
    area.value = text
    const focused = document.activeElement
    document.body.append(area)
    area.select()
    const copied = document.execCommand('copy')
    area.remove()
    focused?.focus()
    return copied
  }
}
