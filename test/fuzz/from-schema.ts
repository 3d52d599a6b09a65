import { nastyValue } from './bad-values.ts'
import type { Chance } from './chance.ts'

/** The members of JSON Schema that the routes use. */
type Shape = {
  type?: string | readonly string[]
  properties?: Readonly<Record<string, Shape>>
  patternProperties?: Readonly<Record<string, Shape>>
  required?: readonly string[]
  items?: Shape
  anyOf?: readonly Shape[]
  enum?: readonly unknown[]
  const?: unknown
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
}

/** Texts for the patterns of the routes. */
const samples = [
  'x',
  '+14155550161',
  'someone@example.test',
  'https://app.example.test/callback',
  'DE',
  'sms',
  'created_at:1',
  'x'.repeat(20),
  '5',
]

/** A value that the schema accepts, or nearly: what it cannot express may still refuse it. */
export function fromSchema(chance: Chance, schema: object, depth = 0): unknown {
  const shape = schema as Shape // a TypeBox schema is one
  if (shape.const !== undefined) return shape.const
  if (shape.enum !== undefined) return chance.pick(shape.enum)
  if (shape.anyOf !== undefined) return fromSchema(chance, chance.pick(shape.anyOf), depth)
  const type = typeof shape.type === 'object' ? shape.type[0] : shape.type
  switch (type) {
    case 'null':
      return null
    case 'boolean':
      return chance.oneIn(2)
    case 'integer':
    case 'number':
      return (shape.minimum ?? 0) + chance.below(Math.min(shape.maximum ?? 1000, 1000))
    case 'string':
      return textOf(chance, shape)
    case 'array':
      return Array.from({ length: 1 + chance.below(2) }, () =>
        fromSchema(chance, shape.items ?? {}, depth + 1),
      )
    case 'object':
      return objectOf(chance, shape, depth)
    default:
      return nastyValue(chance, depth)
  }
}

function textOf(chance: Chance, { pattern, minLength = 0 }: Shape): string {
  const regex = pattern === undefined ? /^/ : new RegExp(pattern)
  const fitting = samples.filter((sample) => sample.length >= minLength && regex.test(sample))
  return fitting.length === 0 ? 'x' : chance.pick(fitting)
}

function objectOf(chance: Chance, shape: Shape, depth: number): Record<string, unknown> {
  const required = new Set(shape.required)
  const members = Object.entries(shape.properties ?? {}).filter(
    ([name]) => required.has(name) || chance.oneIn(depth === 0 ? 4 : 2),
  )
  return Object.fromEntries(
    members.map(([name, member]) => [name, fromSchema(chance, member, depth + 1)]),
  )
}

/** The value with one to three of its parts replaced by something nasty. */
export function mutate(chance: Chance, value: unknown): unknown {
  let mutated = value
  for (let times = 1 + chance.below(3); times > 0; times -= 1) mutated = mutateOnce(chance, mutated)
  return mutated
}

function mutateOnce(chance: Chance, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || chance.oneIn(6)) return nastyValue(chance)
  if (Array.isArray(value)) {
    const place = chance.below(value.length + 1)
    const items: readonly unknown[] = value
    return place === items.length
      ? [...items, nastyValue(chance)]
      : items.with(place, mutateOnce(chance, items[place]))
  }
  const names = Object.keys(value)
  if (names.length === 0 || chance.oneIn(5)) {
    return { ...value, [chance.pick(['extra', 'toString', 'length'])]: nastyValue(chance) }
  }
  const name = chance.pick(names)
  if (chance.oneIn(8)) {
    return Object.fromEntries(Object.entries(value).filter(([member]) => member !== name))
  }
  return { ...value, [name]: mutateOnce(chance, Reflect.get(value, name)) }
}
