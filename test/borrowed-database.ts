import type { Database } from '../src/store/db.ts'

/**
 * A database that whoever uses it cannot close: the other tests of the process go on with it.
 *
 * @param instead replaces single functions, for a test that watches or breaks them
 */
export const borrow = (database: Database, instead: Partial<Database> = {}): Database => ({
  kind: database.kind,
  rows: (row, query) => database.rows(row, query),
  first: (row, query) => database.first(row, query),
  run: (query) => database.run(query),
  script: (text) => database.script(text),
  transaction: (work) => database.transaction(work),
  batch: (kind, item) => database.batch(kind, item),
  stats: () => database.stats(),
  close: async () => {},
  ...instead,
})
