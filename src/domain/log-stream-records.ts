import { xxHash64 } from '../base/xxhash.ts'
import type { LogStreamSink, PiiConfig } from '../contract/log-streams.ts'

/** What a stream delivers of one entry. */
export type StreamRecord = { log_id: string; data: unknown }

/** The members of entries that hold each kind of personal data, wherever they stand. */
const membersOf: Record<PiiConfig['log_fields'][number], readonly string[]> = {
  first_name: ['given_name', 'first_name'],
  last_name: ['family_name', 'last_name'],
  username: ['username', 'user_name'],
  email: ['email'],
  phone: ['phone_number', 'phone', 'to', 'recipient'],
  address: ['address'],
}

/** A copy of an entry without the personal data that the stream's owner does not want to send. */
export function withoutPii(entry: unknown, config: PiiConfig | null): unknown {
  if (config === null) return entry
  const members = new Set(config.log_fields.flatMap((field) => membersOf[field]))
  const hide = (value: string) => (config.method === 'hash' ? xxHash64(value) : '*****')
  const hidden = (value: unknown): unknown => {
    if (typeof value === 'string') return value === '' ? value : hide(value)
    if (typeof value === 'number') return hide(String(value))
    if (Array.isArray(value)) return value.map(hidden)
    return value !== null && typeof value === 'object'
      ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, hidden(each)]))
      : value
  }
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([member, content]) => [
        member,
        members.has(member) ? hidden(content) : walk(content),
      ]),
    )
  }
  return walk(entry)
}

/** A request carries about so many characters, or one record that is longer. */
const bodyLength = 500_000

/** The bodies of the requests that carry records, each with how many it carries. */
export function streamBodies(
  records: readonly StreamRecord[],
  format: LogStreamSink['httpContentFormat'],
): { body: string; records: number }[] {
  const texts = records.map((record) => JSON.stringify(record))
  if (format === 'JSONOBJECT') return texts.map((body) => ({ body, records: 1 }))
  return portions(texts).map((portion) => ({
    body: format === 'JSONARRAY' ? `[${portion.join(',')}]` : portion.join('\n'),
    records: portion.length,
  }))
}

function portions(texts: readonly string[]): string[][] {
  const all: string[][] = []
  let length = bodyLength
  for (const text of texts) {
    if (length + text.length > bodyLength) {
      all.push([])
      length = 0
    }
    all.at(-1)?.push(text)
    length += text.length
  }
  return all
}

/** The headers of a delivery. */
export const streamHeaders = (sink: LogStreamSink): Record<string, string> => ({
  ...Object.fromEntries(
    (sink.httpCustomHeaders ?? []).map(({ header, value }) => [header.toLowerCase(), value]),
  ),
  'content-type': sink.httpContentType || 'application/json',
  ...(sink.httpAuthorization && { authorization: sink.httpAuthorization }),
})
