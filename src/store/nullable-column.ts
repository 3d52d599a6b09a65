import { type TSchema, Type } from 'typebox'

/** A column that may hold null, in a row schema. */
export const nullableColumn = <Schema extends TSchema>(schema: Schema) =>
  Type.Union([schema, Type.Null()])
