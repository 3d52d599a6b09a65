import type { TObject } from 'typebox'

/** What may stand for a `$n`. A jsonb value goes through `json()`; an array becomes a PostgreSQL array. */
export type SqlValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Uint8Array
  | readonly SqlValue[]

/** The text of a statement without its values; one object for each distinct text of the process. */
type Shape = {
  /** The text around the values: one more than there are values. */
  strings: readonly string[]
  text: string
  name: string
}

/**
 * A statement, or a part of one, with its values. Made by `sql`, `columns` and `join` only, so a
 * text can hold no value by accident.
 */
export class Query {
  readonly shape: Shape
  readonly values: readonly SqlValue[]

  constructor(shape: Shape, values: readonly SqlValue[]) {
    this.shape = shape
    this.values = values
  }

  /** The text with `$1`, `$2` … */
  get text(): string {
    return this.shape.text
  }

  /** The name of the prepared statement: one for each distinct text of the process. */
  get name(): string {
    return this.shape.name
  }
}

/**
 * A statement from a template: values become parameters, nested queries are spliced in.
 *
 * @example sql`select ${columns(UserRow)} from users where tenant_id = ${tenantId}`
 */
export function sql(
  template: TemplateStringsArray,
  ...parts: readonly (SqlValue | Query)[]
): Query {
  return new Query(shapeOf(template, parts), flatten(parts))
}

/**
 * The column list of a row schema, for `select` and `returning`.
 *
 * @param alias the table's alias, for a statement with several tables
 */
export function columns(row: TObject, alias?: string): Query {
  const lists = columnLists.get(row) ?? new Map<string | undefined, Query>()
  columnLists.set(row, lists)
  const known = lists.get(alias)
  if (known !== undefined) return known
  const prefix = alias === undefined ? '' : `${identifier(alias)}.`
  const list = Object.keys(row.properties).map((column) => prefix + identifier(column))
  const query = new Query(intern([list.join(', ')]), [])
  lists.set(alias, query)
  return query
}

/** Queries one after the other, with `separator` (SQL text, never input) between them. */
export function join(queries: readonly Query[], separator = ', '): Query {
  let strings: string[] = ['']
  queries.forEach((query, index) => {
    strings = append(strings, [index === 0 ? '' : separator])
    strings = append(strings, query.shape.strings)
  })
  return new Query(intern(strings), flatten(queries))
}

/**
 * A jsonb parameter; `undefined` becomes the SQL null. Both drivers hand the text on as it is.
 *
 * A NUL and half of a surrogate pair, which no database takes, become U+FFFD: one such text, of a carrier
 * or of a tenant's code, would fail all that shares its statement.
 */
export function json(value: unknown): string | null {
  if (value === undefined) return null
  const text = JSON.stringify(value)
  return /\\u(?:0000|d[89a-f])/.test(text) ? text.replace(escapes, replaceRefused) : text
}

/** One escape at a time, so that a backslash which is itself escaped takes its pair with it. */
const escapes = /\\(?:u[0-9a-f]{4}|.)/g
const replaceRefused = (found: string): string =>
  /^\\u(?:0000|d[89a-f])/.test(found) ? '\ufffd' : found

const columnLists = new WeakMap<TObject, Map<string | undefined, Query>>()

/** The names of the prepared statements, by text. Bounded by the statements in the sources. */
const shapes = new Map<string, Shape>()

type Known = { nested: readonly (Shape | undefined)[]; shape: Shape }

/**
 * The shapes that a template has had, by the shapes of its nested queries. Without it every call
 * would join and hash a long text; with it a call compares a few references.
 */
const shapesOfTemplate = new WeakMap<TemplateStringsArray, Known[]>()

function shapeOf(template: TemplateStringsArray, parts: readonly (SqlValue | Query)[]): Shape {
  let known = shapesOfTemplate.get(template)
  if (known === undefined) {
    known = []
    shapesOfTemplate.set(template, known)
  }
  for (const { nested, shape } of known) {
    if (nested.every((each, index) => each === nestedShape(parts[index]))) return shape
  }
  let strings: string[] = [template[0] ?? '']
  const nested = parts.map(nestedShape)
  nested.forEach((shape, index) => {
    if (shape !== undefined) strings = append(strings, shape.strings)
    else strings.push('')
    strings = append(strings, [template[index + 1] ?? ''])
  })
  const shape = intern(strings)
  known.push({ nested, shape })
  return shape
}

const nestedShape = (part: SqlValue | Query): Shape | undefined =>
  part instanceof Query ? part.shape : undefined

/** `left` and `right` with the last string of the one glued to the first of the other. */
function append(left: readonly string[], right: readonly string[]): string[] {
  const glued = (left.at(-1) ?? '') + (right[0] ?? '')
  return [...left.slice(0, -1), glued, ...right.slice(1)]
}

function intern(strings: readonly string[]): Shape {
  const text = strings.reduce((before, after, index) => `${before}$${index}${after}`)
  const known = shapes.get(text)
  if (known !== undefined) return known
  const shape = { strings, text, name: `s${shapes.size + 1}` }
  shapes.set(text, shape)
  return shape
}

function flatten(parts: readonly (SqlValue | Query)[]): readonly SqlValue[] {
  const values: SqlValue[] = []
  for (const part of parts) {
    if (part instanceof Query) values.push(...part.values)
    else values.push(part)
  }
  return values
}

function identifier(name: string): string {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error(`not a column name: ${name}`)
  return `"${name}"`
}
