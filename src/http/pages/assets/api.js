/* Finds operations by words, and opens what an address points at. The page is whole without it. */
const filter = document.querySelector('#filter')
const words = document.querySelector('#words')
const found = document.querySelector('#found')
const groups = [...document.querySelectorAll('.group')].map((group) => ({
  group,
  entries: [...group.querySelectorAll('.entry')].map((entry) => ({
    entry,
    text: textOf(entry),
  })),
}))

/** What can be found: the line itself and the scopes; not each member of each answer. */
function textOf(entry) {
  const scopes = entry.querySelector('.scopes')?.textContent ?? ''
  return `${entry.querySelector('summary').textContent} ${scopes}`
    .toLowerCase()
    .replace(/\s+/g, ' ')
}

function show() {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean)
  let shown = 0
  for (const { group, entries } of groups) {
    let inGroup = 0
    for (const { entry, text } of entries) {
      const matches = wanted.every((word) => text.includes(word))
      entry.hidden = !matches
      if (matches) inGroup += 1
    }
    group.hidden = inGroup === 0
    shown += inGroup
  }
  found.textContent = wanted.length === 0 ? '' : shown === 1 ? '1 entry' : `${shown} entries`
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (!target?.matches('.entry')) return
  if (target.hidden) {
    words.value = ''
    show()
  }
  target.open = true
  target.scrollIntoView()
}

words.addEventListener('input', show)
words.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  words.value = ''
  show()
})
addEventListener('hashchange', openTarget)
filter.hidden = false
show()
openTarget()
