/** The members of JSON Schema that say how a text is to be read. */
type Shape = {
  /** Several for a value that may be null. */
  type?: string | readonly string[] | undefined
  properties?: Readonly<Record<string, Shape>> | undefined
  /** Of a table: one shape for all its values. */
  patternProperties?: Readonly<Record<string, Shape>> | undefined
  items?: Shape | undefined
  anyOf?: readonly Shape[] | undefined
  enum?: readonly unknown[] | undefined
}

/**
 * Reads values that could only be sent as text the way their schema asks for: whole numbers,
 * `true` and `false`, lists. A list may be a repeated key, a comma list, or (SDKs write all three) a
 * single value. What cannot be read stays text, so that the check says what was expected.
 *
 * @param kind a query string loses the parameters that the schema does not name and takes the last of a
 *   repeated single value; a form keeps everything, so that a closed schema can refuse it
 */
export function readTextValues(schema: object, input: unknown, kind: 'query' | 'form'): unknown {
  return readShape(schema, input, kind)
}

function readShape(schema: Shape, input: unknown, kind: 'query' | 'form'): unknown {
  const shape = schema.anyOf?.find((one) => one.type !== 'null') ?? schema
  const type = [shape.type].flat().find((name) => name !== 'null')
  if (type === 'object') return readObject(shape, input, kind)
  if (type === 'array') return readList(shape, input, kind)
  const value = Array.isArray(input) && kind === 'query' ? input.at(-1) : input
  if (typeof value !== 'string') return value
  if (type === 'integer' || type === 'number') {
    return /^-?[0-9]{1,15}$/.test(value) ? Number(value) : value
  }
  if (type === 'boolean' || shape.enum?.includes(true)) {
    return value === 'true' ? true : value === 'false' ? false : value
  }
  return value
}

function readObject(shape: Shape, input: unknown, kind: 'query' | 'form'): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input
  const read: Record<string, unknown> = {}
  const [ofTable] = Object.values(shape.patternProperties ?? {})
  for (const [name, value] of Object.entries(input)) {
    const property =
      shape.properties && Object.hasOwn(shape.properties, name) ? shape.properties[name] : ofTable
    if (property !== undefined) read[name] = readShape(property, value, kind)
    else if (kind === 'form') read[name] = value
  }
  return read
}

function readList(shape: Shape, input: unknown, kind: 'query' | 'form'): unknown {
  const values = Array.isArray(input) ? input : [input]
  return values
    .flatMap((value) => (typeof value === 'string' ? value.split(',') : [value]))
    .map((value) => (typeof value === 'string' ? value.trim() : value))
    .filter((value) => value !== '')
    .map((value) => (shape.items === undefined ? value : readShape(shape.items, value, kind)))
}
