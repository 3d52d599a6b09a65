import type { TSchema } from 'typebox'

/** Schemas that have a name of their own, and how the others point at them. */
export type Components = {
  /** The schema as the document holds it: named ones are replaced by a reference. */
  refer(schema: TSchema): object
  /** The named schemas so far, by name. */
  schemas(): Record<string, object>
}

/**
 * Collects each schema that has a `title` under that name.
 *
 * @throws Error (from `refer`) when one name stands for two different schemas
 */
export function collectComponents(): Components {
  const named = new Map<string, object>()
  const refer = (schema: TSchema): object => Object(place(schema))
  return {
    refer,
    schemas: () => Object.fromEntries([...named].sort(([one], [other]) => (one < other ? -1 : 1))),
  }

  function place(node: unknown): unknown {
    if (Array.isArray(node)) return node.map(place)
    if (typeof node !== 'object' || node === null) return node
    const copy = Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, isData(key) ? value : place(value)]),
    )
    if (typeof copy.title !== 'string') return copy
    const name = copy.title.replace(/[^A-Za-z0-9._-]/g, '')
    const known = named.get(name)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(copy)) {
      throw new Error(`two schemas are called ${name}`)
    }
    named.set(name, copy)
    return { $ref: `#/components/schemas/${name}` }
  }
}

/** Members of a schema that hold values, not schemas. */
const isData = (key: string) => key === 'enum' || key === 'const' || key === 'default'
