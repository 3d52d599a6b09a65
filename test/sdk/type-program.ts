import type { OpenApiDocument, Operation } from '../../src/http/api-document/openapi.ts'
import { placeOf, sdkOperations } from './operations.ts'

/** A comparison of one operation of the package with ours; `line` is where the compiler reports it. */
export type Comparison = { name: string; kind: 'request' | 'reply' | 'query'; line: number }

/**
 * A TypeScript program that is right exactly when, for each operation of the package that the document
 * has, what the package lets a program send is what we take, and what we answer is what it promises.
 * Each comparison is one line; a wrong one is reported with the members that differ in its message.
 *
 * @param sdk where the package's types are, without the ending
 */
export function typeProgram(
  document: OpenApiDocument,
  sdk: string,
): { source: string; comparisons: readonly Comparison[] } {
  const lines = [`import type { ManagementClient } from '${sdk}'`, ...prelude.trim().split('\n')]
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    lines.push(`type ${name} = ${typeText(schema)}`)
  }
  const byPlace = new Map(
    Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => [
        placeOf({ method: method.toUpperCase(), path: path.replace('/api/v2', '') }),
        operation,
      ]),
    ),
  )
  const comparisons: Comparison[] = []
  const compare = (name: string, kind: Comparison['kind'], type: string) => {
    // With a mark after each text the type is a new one: the message spells it out, and names no alias.
    lines.push(`{ const none: never = null as unknown as \`\${${type}}!\` }`)
    comparisons.push({ name, kind, line: lines.length })
  }
  for (const { name, method, path } of sdkOperations) {
    const operation = byPlace.get(placeOf({ method, path }))
    if (operation === undefined) continue
    const call = `ManagementClient${name
      .split('.')
      .map((step) => `['${step}']`)
      .join('')}`
    const request = `NonNullable<Parameters<${call}>[${[...path.matchAll(/\{/g)].length}]>`
    const body = operation.requestBody?.content['application/json']?.schema
    if (body !== undefined)
      compare(name, 'request', `Unlike<${request}, ${typeText(body)}, 'body'>`)
    const query = operation.parameters.filter((parameter) => parameter.in === 'query')
    if (method === 'GET' && sdkSendsQuery(name)) {
      const names = query.map((parameter) => `'${parameter.name}'`).join(' | ') || 'never'
      compare(name, 'query', `Exclude<Key<Query<${request}>>, ${names}>`)
    }
    const reply = replyText(operation)
    if (reply !== undefined)
      compare(name, 'reply', `Unlike<Variant<${reply}, Reply<${call}>>, Reply<${call}>, 'reply'>`)
  }
  return { source: lines.join('\n'), comparisons }
}

const sdkSendsQuery = (name: string) => /\.(?:list\w*|get)$/.test(name)

/** The type of what a success answers; undefined where that is nothing. */
function replyText({ responses }: Operation): string | undefined {
  const texts = Object.entries(responses).flatMap(([status, response]) => {
    const schema =
      'content' in response ? response.content?.['application/json']?.schema : undefined
    return Number(status) < 300 && schema !== undefined ? [typeText(schema)] : []
  })
  return texts.length === 0 ? undefined : texts.join(' | ')
}

const prelude = `
/** What a query is made of; a call without one has its options there. */
type Query<T> = T extends { maxRetries?: number } ? ('maxRetries' extends keyof T ? {} : T) : T
/** What a call resolves to: of a page, the answer that it was made from. */
type Reply<Call> = Call extends (...input: never[]) => PromiseLike<infer Value>
  ? Value extends { response: infer Answer; getNextPage: unknown } ? Answer : Value
  : never
/** Of the shapes that a list can have, the ones that the package asked for. */
type Variant<Ours, Theirs> = Theirs extends readonly unknown[]
  ? Extract<Ours, readonly unknown[]>
  : Exclude<Ours, readonly unknown[]>
type Key<T> = keyof { [K in keyof T as string extends K ? never : number extends K ? never : K]: 1 } & string
type Member<T, K> = T extends unknown ? (K extends keyof T ? T[K] : never) : never
type Required<T, K extends keyof T> = {} extends Pick<T, K> ? false : true
/** The paths at which a value of A is no value of B. */
type Unlike<A, B, Path extends string> = [A] extends [B]
  ? never
  : [UnlikeParts<A, B, Path>] extends [never] ? \`\${Path} as a whole\` : UnlikeParts<A, B, Path>
type UnlikeParts<A, B, Path extends string> = [A] extends [B]
  ? never
  : A extends B ? never
  : A extends readonly (infer Item)[]
    ? NonNullable<B> extends infer Other ? Other extends readonly (infer OtherItem)[] ? Unlike<Item, OtherItem, \`\${Path}[]\`> : [Extract<B, readonly unknown[]>] extends [never] ? Path : never : never
  : A extends object
    ? [Extract<B, object>] extends [never] ? Path : UnlikeMembers<A, Extract<B, object>, Path>
  : Path
type UnlikeMembers<A, B, Path extends string> =
  | { [K in Key<A>]: [Member<B, K>] extends [never] ? (string extends keyof B ? never : OpenTo<B> extends true ? never : K extends AllKeys<B> ? never : \`\${Path}.\${K} unknown\`) : Unlike<Exclude<A[K], undefined>, Member<B, K>, \`\${Path}.\${K}\`> }[Key<A>]
  | { [K in Key<B>]: Required<B, K> extends false ? never : K extends keyof A ? (Required<A, K> extends true ? never : \`\${Path}.\${K} optional\`) : \`\${Path}.\${K} missing\` }[Key<B>]
type AllKeys<B> = B extends unknown ? keyof B : never
type OpenTo<B> = B extends unknown ? (string extends keyof B ? true : never) : never
`

/** The members of JSON Schema that the document uses. */
type Schema = {
  $ref?: string
  type?: string | readonly string[]
  properties?: Readonly<Record<string, Schema>>
  patternProperties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  additionalProperties?: boolean
  items?: Schema
  maxItems?: number
  anyOf?: readonly Schema[]
  enum?: readonly unknown[]
  const?: unknown
}

/** A schema as a TypeScript type. What is kept as it was sent is `any`: it comes back in their type. */
export function typeText(given: object): string {
  const schema = given as Schema // of the document, whose schemas are written by this program
  if (schema.$ref !== undefined) return schema.$ref.replace('#/components/schemas/', '')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined)
    return schema.enum.map((word) => JSON.stringify(word)).join(' | ') || 'never'
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => `(${typeText(one)})`).join(' | ')
  const types = [schema.type ?? 'any'].flat()
  return types.map((type) => oneType(type, schema)).join(' | ')
}

function oneType(type: string, schema: Schema): string {
  switch (type) {
    case 'integer':
      return 'number'
    case 'array':
      if (schema.maxItems === 0) return 'never[]'
      return `(${schema.items === undefined ? 'any' : typeText(schema.items)})[]`
    case 'object':
      return objectText(schema)
    default:
      return type
  }
}

function objectText({
  properties,
  patternProperties,
  required = [],
  additionalProperties,
}: Schema): string {
  const members = Object.entries(properties ?? {}).map(
    ([name, member]) =>
      `${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${typeText(member)}`,
  )
  const [pattern] = Object.values(patternProperties ?? {})
  if (pattern !== undefined) members.push(`[name: string]: ${typeText(pattern)}`)
  else if (additionalProperties === true) members.push('[name: string]: any')
  return `{ ${members.join('; ')} }`
}
