import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { Query } from './sql.ts'

const validators = new WeakMap<TSchema, Validator>()

/**
 * Compares rows with their schema, so that a type that lies about a column fails in a test.
 * Production does without: the driver and the schema are then known to agree.
 *
 * @throws Error naming the column and the statement, never the value
 */
export function checkRows(row: TSchema, rows: readonly unknown[], query: Query): void {
  let validator = validators.get(row)
  if (validator === undefined) {
    validator = Compile(row)
    validators.set(row, validator)
  }
  for (const value of rows) {
    if (validator.Check(value)) continue
    const [error] = validator.Errors(value)
    const where = `${error?.instancePath ?? ''} ${error?.message ?? 'does not match'}`.trim()
    throw new Error(`a row differs from its schema: ${where}; statement: ${query.text.trim()}`)
  }
}
