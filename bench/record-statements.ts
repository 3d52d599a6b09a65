import pg from 'pg'

/** A statement as it went to PostgreSQL, its values as text. */
export type RecordedStatement = { text: string; values: (string | null)[] }

/** Keeps every statement of this process's PostgreSQL connections, in the order in which they left. */
export function recordStatements(): { take(): RecordedStatement[] } {
  let recorded: RecordedStatement[] = []
  const prototype: { query: unknown } = pg.Client.prototype
  const send = prototype.query
  if (typeof send !== 'function') throw new Error('the driver has changed')
  prototype.query = function query(this: unknown, ...parameters: unknown[]): unknown {
    const [first] = parameters
    if (typeof first === 'string') recorded.push({ text: first, values: [] })
    else if (typeof first === 'object' && first !== null && 'text' in first) {
      const values = 'values' in first && Array.isArray(first.values) ? first.values : []
      recorded.push({ text: String(first.text), values: values.map(wireText) })
    }
    return Reflect.apply(send, this, parameters)
  }
  return {
    take() {
      const taken = recorded
      recorded = []
      return taken
    },
  }
}

/** The text form of a parameter, as the driver sends it. */
function wireText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return `{${value.map((item) => element(item)).join()}}`
  return String(value)
}

const element = (value: unknown): string => {
  const text = wireText(value)
  return text === null ? 'NULL' : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
