import { type Static, type TSchema, Type } from 'typebox'

/**
 * A value or null, as one schema with two types instead of `anyOf`: a failed check then says what was
 * wrong with the value, not that no branch matched.
 */
export const nullable = <Schema extends TSchema & { type: string }>(schema: Schema) =>
  Type.Unsafe<Static<Schema> | null>({ ...schema, type: [schema.type, 'null'] })

/** One of a list of words, or null. */
export const nullableEnum = <const Word extends string>(words: readonly Word[]) =>
  Type.Unsafe<Word | null>({ type: ['string', 'null'], enum: [...words, null] })
