import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../../base/app-error.ts'

const maxBodyBytes = 1_048_576
const maxDepth = 50
const maxFormFields = 1000

/** Bodies that came as a form: their values are text, whatever the schema asks for. */
const forms = new WeakSet<object>()

/** True for a body that came as `application/x-www-form-urlencoded`. */
export const isFormBody = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && forms.has(body)

/**
 * Accepts JSON and forms, and nothing else, up to 1 MB. An empty body is no body at all, because
 * clients name a content type for it too. Everything that the database or a merge could choke on is
 * refused here with 400: bytes that are no UTF-8, NUL and lone surrogates (PostgreSQL's text has
 * neither), `__proto__`, nesting without end.
 */
export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const options = { parseAs: 'buffer', bodyLimit: maxBodyBytes } as const
  app.addContentTypeParser('application/json', options, async (_: FastifyRequest, raw: Buffer) => {
    const text = readText(raw)
    if (text.trim() === '') return undefined
    const body = parseJson(text)
    checkTree(body)
    return body
  })
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    options,
    async (_: FastifyRequest, raw: Buffer) => {
      const text = readText(raw)
      if (text === '') return undefined
      const body = parseForm(text)
      checkTree(body)
      forms.add(body)
      return body
    },
  )
}

/** True when PostgreSQL can hold the text: no NUL, no half of a surrogate pair. */
export const isStorableText = (text: string): boolean =>
  !text.includes('\u0000') && text.isWellFormed()

const refuse = (reason: string) =>
  new AppError('invalid_body', { message: `Payload validation error: '${reason}'.` })

function readText(raw: Buffer): string {
  if (!isUtf8(raw)) throw refuse('Body is not UTF-8')
  return raw.toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the body, which may hold a secret.
    throw refuse('Body is not valid JSON')
  }
}

function checkTree(value: unknown, depth = 0): void {
  if (depth > maxDepth) throw refuse('Body is nested too deeply')
  if (typeof value === 'string') {
    if (!isStorableText(value)) throw refuse('Text holds a character that cannot be stored')
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refuse('Number is out of range')
  } else if (Array.isArray(value)) {
    for (const item of value) checkTree(item, depth + 1)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      if (key === '__proto__') throw refuse('Additional properties not allowed: __proto__')
      if (!isStorableText(key)) throw refuse('Text holds a character that cannot be stored')
      checkTree(member, depth + 1)
    }
  }
}

type FormTree = { [key: string]: FormTree | string | string[] }

/** `a=1&b[c]=2&d[]=3&d[]=4` → `{a: '1', b: {c: '2'}, d: ['3', '4']}`; a repeated key is a list. */
function parseForm(text: string): FormTree {
  const body: FormTree = {}
  const fields = [...new URLSearchParams(text)]
  if (fields.length > maxFormFields) throw refuse('Form has too many fields')
  for (const [name, value] of fields) {
    const path = name.replaceAll(']', '').split('[')
    if (path.includes('__proto__')) throw refuse('Additional properties not allowed: __proto__')
    if (path.length > maxDepth) throw refuse('Body is nested too deeply')
    const isList = path.at(-1) === '' && path.length > 1
    if (isList) path.pop()
    const last = path.pop() ?? ''
    let node = body
    for (const step of path) {
      const next = Object.hasOwn(node, step) ? node[step] : undefined
      if (typeof next === 'string' || Array.isArray(next)) {
        throw refuse('Form gives a member two shapes')
      }
      node = node[step] = next ?? {}
    }
    const former = Object.hasOwn(node, last) ? node[last] : undefined
    if (former === undefined) node[last] = isList ? [value] : value
    else if (typeof former === 'string') node[last] = [former, value]
    else if (Array.isArray(former)) former.push(value)
    else throw refuse('Form gives a member two shapes')
  }
  return body
}
