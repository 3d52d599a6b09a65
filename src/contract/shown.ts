import { type Static, type TOptional, type TProperties, type TSchema, Type } from 'typebox'

type Shown<Properties extends TProperties> = {
  [Name in keyof Properties]: TOptional<TSchema & { static: NonNullable<Static<Properties[Name]>> }>
}

/**
 * The members of a request body as replies show them: each may be missing, none is null, because null
 * unsets a member and what is not set is left out.
 */
export const shownMembers = <Properties extends TProperties>(
  properties: Properties,
): Shown<Properties> =>
  Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, Type.Optional(withoutNull(schema))]),
  ) as Shown<Properties> // the same names, each optional and without null

function withoutNull(schema: TSchema): TSchema {
  const { type, enum: words } = schema as { type?: unknown; enum?: readonly unknown[] } // raw JSON Schema
  const types = Array.isArray(type) ? type.filter((name) => name !== 'null') : undefined
  return Type.Unsafe({
    ...schema,
    ...(types !== undefined && { type: types.length === 1 ? types[0] : types }),
    ...(words !== undefined && { enum: words.filter((word) => word !== null) }),
  })
}
