const known = new Map()

const unknown = { trunk: '', formats: [] }

/** How a country writes its numbers: `{ trunk, formats: [{ pattern, format, leading }] }`, asked once. */
function formatsOf(country) {
  if (!known.has(country)) {
    const loading = fetch(`/u/phone-formats/${country}`)
      .then((reply) => (reply.ok ? reply.json() : unknown))
      .catch(() => unknown)
    known.set(country, loading)
  }
  return known.get(country)
}

/** Groups the digits as the country writes them, while they are typed. */
export function formatPhone(field, country) {
  const write = async (event) => {
    // Never under the hands of somebody who corrects the middle or deletes.
    if (event?.inputType?.startsWith('delete')) return
    if (field.selectionStart !== null && field.selectionStart < field.value.length) return
    const digits = field.value.replace(/[\s().-]/g, '')
    if (!/^\d{3,15}$/.test(digits)) return
    const formats = await formatsOf(country.value)
    if (field.value.replace(/[\s().-]/g, '') !== digits) return
    field.value = written(digits, formats)
  }
  field.addEventListener('input', write)
  country.addEventListener('change', write)
  void write()
}

/** @returns the digits in the groups of the first way that fits them so far */
export function written(digits, { trunk, formats }) {
  const hasTrunk = trunk !== '' && digits.startsWith(trunk)
  const prefix = hasTrunk ? trunk : ''
  const rest = digits.slice(prefix.length)
  for (const { pattern, format, leading } of formats) {
    if (leading !== undefined && !new RegExp(`^(?:${leading})`).test(rest)) continue
    // The longest number of this way, as nines: its groups are the country's.
    const whole = '9'.repeat(15).match(new RegExp(pattern))?.[0]
    if (whole === undefined || whole.length < rest.length) continue
    return prefix + inGroups(rest, whole.replace(new RegExp(pattern), format))
  }
  return digits
}

function inGroups(digits, groups) {
  let at = 0
  let text = ''
  for (const mark of groups) {
    if (at >= digits.length) break
    text += mark === '9' ? digits[at++] : mark
  }
  return text
}
