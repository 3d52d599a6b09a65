import type { BatchKind, Database, Db } from '../src/store/db.ts'
import type { Query } from '../src/store/sql.ts'
import { borrow } from './borrowed-database.ts'

/** A database that tells which statements were asked of it, by the name of each, in their order. */
export type CountedDatabase = { database: Database; statements: string[] }

/** Watches every statement, also those of transactions; a batched one counts where it is asked for. */
export function countStatements(inner: Database): CountedDatabase {
  const statements: string[] = []
  const watch = (db: Db): Pick<Db, 'rows' | 'first' | 'run' | 'batch'> => ({
    rows(row, query) {
      statements.push(nameOf(query))
      return db.rows(row, query)
    },
    first(row, query) {
      statements.push(nameOf(query))
      return db.first(row, query)
    },
    run(query) {
      statements.push(nameOf(query))
      return db.run(query)
    },
    batch<Item, Result>(kind: BatchKind<Item, Result>, item: Item) {
      statements.push(kind.name)
      return db.batch(kind, item)
    },
  })
  const database = borrow(inner, {
    ...watch(inner),
    transaction(work) {
      statements.push('transaction')
      return inner.transaction((tx) => work({ ...borrowed(tx), ...watch(tx) }))
    },
  })
  return { database, statements }
}

/** Members of a handle, whether it is a plain object or of a class. */
const borrowed = (db: Db): Db => ({
  rows: (row, query) => db.rows(row, query),
  first: (row, query) => db.first(row, query),
  run: (query) => db.run(query),
  script: (text) => db.script(text),
  transaction: (work) => db.transaction(work),
  batch: (kind, item) => db.batch(kind, item),
})

/** Enough of the text to tell statements apart, and to say in a failure which one it was. */
const nameOf = ({ text }: Query): string => text.replace(/\s+/g, ' ').trim().slice(0, 80)
