import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../../base/app-error.ts'

/** The largest body, far above anything that a request of this API needs. */
export const maxBodyBytes = 65_536
const maxDepth = 20

/**
 * Accepts JSON objects and forms, with equal results, and nothing else. What the database could not
 * take is refused here with 400: bytes that are no UTF-8, NUL, lone surrogates; so are `__proto__`,
 * nesting without end and a form's repeated name (RFC 6749 3.2).
 */
export function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const options = { parseAs: 'buffer', bodyLimit: maxBodyBytes } as const
  app.addContentTypeParser('application/json', options, async (_: FastifyRequest, raw: Buffer) =>
    parseJson(readText(raw)),
  )
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    options,
    async (_: FastifyRequest, raw: Buffer) => parseForm(readText(raw)),
  )
}

/**
 * The body of a route whose values are texts only. `null` is as good as absent, because some SDKs send
 * what they do not have; a list is a scope's other form.
 *
 * @throws AppError `invalid_request` or `invalid_scope`
 */
export function textParameters(body: unknown): Readonly<Record<string, string | undefined>> {
  const given: Record<string, unknown> = Object(body)
  const parameters: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === null) continue
    if (name === 'scope') parameters.scope = readScope(value)
    else if (typeof value === 'string') parameters[name] = value
    else {
      throw refuse(
        Object.hasOwn(textNames, name)
          ? `Invalid parameter: ${name} must be a string`
          : 'Every parameter must be a string',
      )
    }
  }
  return parameters
}

/** Names that an error may repeat: our own, never what a caller made up. */
const textNames = {
  grant_type: true,
  client_id: true,
  client_secret: true,
  username: true,
  otp: true,
  realm: true,
  audience: true,
  refresh_token: true,
  token: true,
}

function readScope(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) {
    return value.join(' ')
  }
  throw new AppError('invalid_scope')
}

const refuse = (reason: string) => new AppError('invalid_request', { message: reason })

function readText(raw: Buffer): string {
  if (!isUtf8(raw)) throw refuse('The body is not UTF-8')
  return raw.toString('utf8')
}

/** An empty body is one without members, because clients name a content type for it too. */
function parseJson(text: string): object {
  if (text.trim() === '') return {}
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    // The parser's message quotes the body, which may hold a secret.
    throw refuse('The body is not valid JSON')
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw refuse('The body must be an object')
  }
  checkTree(body, 0)
  return body
}

function checkTree(value: unknown, depth: number): void {
  if (depth > maxDepth) throw refuse('The body is nested too deeply')
  if (typeof value === 'string') checkText(value)
  else if (Array.isArray(value)) for (const item of value) checkTree(item, depth + 1)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      checkName(name)
      checkTree(member, depth + 1)
    }
  }
}

function parseForm(text: string): object {
  const body: Record<string, string> = {}
  for (const field of text.split('&')) {
    if (field === '') continue
    const equals = field.indexOf('=')
    const name = formDecode(equals === -1 ? field : field.slice(0, equals))
    const value = equals === -1 ? '' : formDecode(field.slice(equals + 1))
    checkName(name)
    checkText(value)
    if (Object.hasOwn(body, name)) throw refuse('A parameter must not be repeated')
    body[name] = value
  }
  return body
}

/** Stricter than `URLSearchParams`, which turns bad bytes into a character and goes on. */
function formDecode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw refuse('The form is not valid percent-encoded UTF-8')
  }
}

function checkName(name: string): void {
  if (name === '__proto__') throw refuse('The body holds a member that is not allowed')
  checkText(name)
}

function checkText(text: string): void {
  if (text.includes('\u0000') || !text.isWellFormed()) {
    throw refuse('The body holds a character that is not allowed')
  }
}
