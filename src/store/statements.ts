import type { Static, TSchema } from 'typebox'
import type { Db } from './db.ts'
import { checkRows } from './row-check.ts'
import type { Query } from './sql.ts'

/** What a driver does: runs one statement, or a script. */
export type Connection = {
  query(query: Query): Promise<{ rows: unknown[]; affected: number }>
  script(text: string): Promise<void>
}

/** The statement methods of a `Db` over any connection. */
export function statementsOn(
  connection: Connection,
  options: { checkRows: boolean },
): Pick<Db, 'rows' | 'first' | 'run' | 'script'> {
  async function rows<S extends TSchema>(row: S, query: Query): Promise<Static<S>[]> {
    const result = await connection.query(query)
    if (options.checkRows) checkRows(row, result.rows, query)
    return result.rows as Static<S>[] // what the schema promises; the row check proves it in tests
  }
  return {
    rows,
    first: async (row, query) => (await rows(row, query))[0],
    run: async (query) => (await connection.query(query)).affected,
    script: (text) => connection.script(text),
  }
}

/**
 * Takes the values out of a database's error, which may be logged: PGlite adds the parameters, and
 * the detail of both quotes the row. Code, constraint, table and statement stay.
 */
export function withoutValues(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  for (const member of ['params', 'queryOptions', 'detail']) Reflect.deleteProperty(error, member)
  return error
}

/**
 * Runs `work` between `begin` and `commit` on a connection that nobody else uses meanwhile.
 *
 * Statements of one transaction run one after the other even when `work` starts several at once: the
 * driver has one wire. A failed statement fails the transaction even when `work` swallows its error,
 * because PostgreSQL answers the commit of such a transaction with a silent rollback.
 */
export async function runTransaction<T>(
  connection: Connection,
  options: { checkRows: boolean },
  work: (tx: Db) => Promise<T>,
): Promise<T> {
  let over = false
  let failure: { error: unknown } | undefined
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <R>(start: () => Promise<R>): Promise<R> => {
    const turn = last.then(async () => {
      if (over) throw new Error('the transaction is over')
      try {
        return await start()
      } catch (error) {
        failure ??= { error }
        throw error
      }
    })
    last = turn.catch(() => undefined)
    return turn
  }
  const tx: Db = {
    ...statementsOn(
      {
        query: (query) => inTurn(() => connection.query(query)),
        script: (text) => inTurn(() => connection.script(text)),
      },
      options,
    ),
    transaction: () => Promise.reject(new Error('a transaction cannot be opened inside another')),
    async batch(kind, item) {
      const results = await kind.run(tx, [item])
      if (results.length !== 1) throw new Error(`batch ${kind.name} gave ${results.length} results`)
      const [result] = results
      return result as (typeof results)[number] // there is exactly one
    },
  }

  await connection.script('begin')
  try {
    const result = await work(tx)
    await last
    over = true
    if (failure !== undefined) {
      throw new Error('a statement failed, so the transaction was rolled back', {
        cause: failure.error,
      })
    }
    await connection.script('commit')
    return result
  } catch (error) {
    over = true
    await last
    // Where this fails too the connection is lost, and with it the transaction; the first error says more.
    await connection.script('rollback').catch(() => undefined)
    throw error
  }
}
