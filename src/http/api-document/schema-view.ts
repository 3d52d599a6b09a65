import { type Html, html } from '../login/html.ts'

/** The members of JSON Schema that a reader is told of. */
type Schema = {
  $ref?: string
  description?: string
  type?: string | readonly string[]
  format?: string
  properties?: Readonly<Record<string, Schema>>
  patternProperties?: Readonly<Record<string, Schema>>
  required?: readonly string[]
  additionalProperties?: boolean
  items?: Schema
  anyOf?: readonly Schema[]
  enum?: readonly unknown[]
  const?: unknown
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
}

/** The address of a named schema on the page. */
export const schemaAnchor = (name: string): string => `schema-${name}`

/** What a value is, in one line; a link where it has a name. */
export function typeView(given: object): Html {
  const schema = given as Schema // of the document, which this program wrote
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
    return html`<a href="#${schemaAnchor(name)}">${name}</a>`
  }
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`
  if (schema.enum !== undefined) return wordsView(schema.enum)
  if (schema.anyOf !== undefined) {
    return html`${schema.anyOf.map((one, index) => [index > 0 && ' or ', typeView(one)])}`
  }
  const types = [schema.type ?? 'anything'].flat()
  return html`${types.map((type, index) => [index > 0 && ' or ', plainType(type, schema)])}`
}

/** Lists of words longer than this are told by their beginning. */
const mostWords = 24

function wordsView(words: readonly unknown[]): Html {
  const shown = words.slice(0, mostWords)
  return html`${shown.map((word, index) => [index > 0 && ' | ', html`<code>${JSON.stringify(word)}</code>`])}${
    words.length > mostWords && ` and ${words.length - mostWords} more`
  }`
}

function plainType(type: string, schema: Schema): Html {
  if (type === 'array') {
    return schema.maxItems === 0
      ? html`empty list`
      : html`list of ${schema.items === undefined ? 'anything' : typeView(schema.items)}`
  }
  const [pattern] = Object.values(schema.patternProperties ?? {})
  if (type === 'object' && pattern !== undefined) return html`table of ${typeView(pattern)}`
  return html`${type}${schema.format !== undefined && ` (${schema.format})`}`
}

/** What a value may be besides its type: `1 to 100`, `at most 255 characters`. */
function boundsOf(schema: Schema): string {
  return [
    range(schema.minimum, schema.maximum, ''),
    range(schema.minLength, schema.maxLength, 'character'),
    range(schema.minItems, schema.maxItems === 0 ? undefined : schema.maxItems, 'item'),
  ]
    .filter((text) => text !== '')
    .join(', ')
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  const last = most ?? least
  if (last === undefined) return ''
  const numbers =
    least === most
      ? `exactly ${last}`
      : least === undefined
        ? `at most ${last}`
        : most === undefined
          ? `at least ${last}`
          : `${least} to ${last}`
  return unit === '' ? numbers : `${numbers} ${unit}${last === 1 ? '' : 's'}`
}

/** One named value: a parameter or a member. */
export function memberView(name: string, given: object, required: boolean): Html {
  const schema = given as Schema // of the document, which this program wrote
  const bounds = boundsOf(schema)
  return html`<li>
    <span class="member"><code>${name}</code> <span class="type">${typeView(schema)}</span>${
      required && html` <span class="needed">required</span>`
    }</span>${bounds !== '' && html` <span class="bounds">${bounds}</span>`}${
      schema.pattern !== undefined &&
      html` <span class="bounds">pattern <code>${schema.pattern}</code></span>`
    }${schema.description !== undefined && html`<p class="said">${schema.description}</p>`}
    ${membersView(schema)}
  </li>`
}

/** The members of an object, of the items of a list, or of each alternative; nothing for other values. */
export function membersView(given: object): Html | undefined {
  const schema = given as Schema // of the document, which this program wrote
  if (schema.items !== undefined) return membersView(schema.items)
  if (schema.anyOf !== undefined) {
    const parts = schema.anyOf.map(membersView).filter((part) => part !== undefined)
    return parts.length === 0
      ? undefined
      : html`${parts.map((part, index) => [index > 0 && html`<p class="or">or</p>`, part])}`
  }
  const properties = Object.entries(schema.properties ?? {})
  if (properties.length === 0) return undefined
  const required = new Set(schema.required)
  return html`<ul class="members">
    ${properties.map(([name, member]) => memberView(name, member, required.has(name)))}${
      schema.additionalProperties === true && html`<li class="said">and any other member</li>`
    }
  </ul>`
}
