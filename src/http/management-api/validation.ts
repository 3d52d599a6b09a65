import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { AppError } from '../../base/app-error.ts'
import { isFormBody } from './bodies.ts'
import { readTextValues } from './text-values.ts'

const refusals = {
  body: { code: 'invalid_body', prefix: 'Payload' },
  params: { code: 'invalid_uri', prefix: 'Path' },
  querystring: { code: 'invalid_query_string', prefix: 'Query' },
  headers: { code: 'invalid_body', prefix: 'Header' },
} as const

/**
 * Checks a part of a request against its TypeBox schema. Nothing is coerced and nothing is removed,
 * except where everything is text: query strings and forms are read by their schema first, and query
 * parameters that a route does not name are ignored.
 */
export const compileSchema: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  // With the first request that needs it: all of them together are a tenth of the start.
  let validator: Validator | undefined
  const { code, prefix } =
    refusals[httpPart === 'params' || httpPart === 'querystring' ? httpPart : 'body']
  return (input: unknown) => {
    const value =
      httpPart === 'querystring'
        ? readTextValues(schema, input, 'query')
        : isFormBody(input)
          ? readTextValues(schema, input, 'form')
          : input
    validator ??= Compile(schema)
    if (validator.Check(value)) return { value }
    const message = `${prefix} validation error: ${explain(schema, validator.Errors(value), value)}.`
    return { error: new AppError(code, { message }) }
  }
}

/** One failure as the validator reports it, in the terms of JSON Schema. */
type SchemaError = {
  keyword: string
  schemaPath: string
  instancePath: string
  params: object
  message: string
}

/** `'<reason>' on property <json.path> (<description>)`, for the first failure. */
function explain(schema: TSchema, errors: readonly SchemaError[], value: unknown): string {
  // A member too many is reported twice: as one that matches `false`, and by its parent.
  const error = errors.find(({ keyword }) => keyword !== 'boolean') ?? errors[0]
  if (error === undefined) return "'Data is not valid'"
  const found = pointer(value, error.instancePath)
  const property = steps(error.instancePath).join('.')
  const described = pointer(schema, error.schemaPath.replace(/^#/, ''))
  const description =
    isRecord(described) && typeof described.description === 'string'
      ? ` (${described.description})`
      : ''
  const place = property === '' ? '' : ` on property ${property}${description}`
  return `'${reason(error, found)}'${place}`
}

/** The reasons in the words of the original's validator. Source: recorded answers. */
function reason({ keyword, params, message }: SchemaError, found: unknown): string {
  const param: Record<string, unknown> = { ...params }
  const size = typeof found === 'string' || Array.isArray(found) ? found.length : 0
  switch (keyword) {
    case 'type':
      return `Expected type ${list(param.type)} but found type ${typeName(found)}`
    case 'required':
      return `Missing required property: ${first(param.requiredProperties)}`
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return `Additional properties not allowed: ${list(param.additionalProperties ?? param.unevaluatedProperties)}`
    case 'enum':
    case 'const':
      return `No enum match for: ${shown(found)}`
    case 'minLength':
      return `String is too short (${size} chars), minimum ${list(param.limit)}`
    case 'maxLength':
      return `String is too long (${size} chars), maximum ${list(param.limit)}`
    case 'pattern':
      return `String does not match pattern: ${list(param.pattern)}`
    case 'minimum':
      return `Value ${shown(found)} is less than minimum ${list(param.limit)}`
    case 'maximum':
      return `Value ${shown(found)} is greater than maximum ${list(param.limit)}`
    case 'minItems':
      return `Array is too short (${size}), minimum ${list(param.limit)}`
    case 'maxItems':
      return `Array is too long (${size}), maximum ${list(param.limit)}`
    case 'uniqueItems':
      return 'Array items are not unique'
    case 'minProperties':
      return `Too few properties defined (${isRecord(found) ? Object.keys(found).length : 0}), minimum ${list(param.limit)}`
    case 'anyOf':
    case 'oneOf':
      return `Data does not match any schemas from '${keyword}'`
    default:
      return message
  }
}

const list = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value))
const first = (value: unknown): string => (Array.isArray(value) ? String(value[0]) : String(value))

/** The value that failed, short; only for closed lists and numbers, so it is never a secret. */
const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const steps = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))

const pointer = (value: unknown, path: string): unknown =>
  steps(path).reduce<unknown>(
    (node, step) =>
      typeof node === 'object' && node !== null && Object.hasOwn(node, step)
        ? Reflect.get(node, step)
        : undefined,
    value,
  )
