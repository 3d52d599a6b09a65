import pg from 'pg'
import type { Logger } from '../base/logger.ts'
import { Batcher } from './batch.ts'
import type { Database } from './db.ts'
import type { Query } from './sql.ts'
import { type Connection, runTransaction, statementsOn, withoutValues } from './statements.ts'

/** How to use a PostgreSQL server. */
export type PostgresOptions = {
  log: Logger
  /** More than about five for each core of the server makes it slower, not faster. */
  maxConnections?: number
  /** Off behind a pooler that gives each transaction another connection, such as old PgBouncer. */
  preparedStatements?: boolean
  /** Compares every row with its schema; for tests. */
  checkRows?: boolean
}

/**
 * The plan of a prepared statement is made at its first runs, on a new installation while tables are
 * empty, and kept. So no plan is allowed that is good for small tables only, and none is made anew for
 * each call: making one takes longer than running it.
 */
const plannerSettings = [
  '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off',
  '-c plan_cache_mode=force_generic_plan',
].join(' ')

/** A caller that got no connection for so long gets an error rather than wait on. */
const connectionTimeoutMs = 30_000

/** Opens a pool of connections to a PostgreSQL server; it connects at the first statement. */
export function openPostgres(url: string, options: PostgresOptions): Database {
  const { log, maxConnections = 10, preparedStatements = true, checkRows = false } = options
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: connectionTimeoutMs,
    keepAlive: true,
    application_name: 'trunkline',
    // A pooler in between may refuse them, and gives no connection its own plans.
    ...(preparedStatements && { options: plannerSettings }),
    types: { getTypeParser },
  })
  // A connection that dies while nobody runs a statement on it must not end the process. The pool
  // listens on idle ones only, hence the second listener.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection was lost'))
  pool.on('connect', (client) => {
    client.on('error', (error) => log.warn({ err: error }, 'a database connection was lost'))
  })

  const connectionOver = (target: pg.Pool | pg.PoolClient): Connection => ({
    async query(query) {
      try {
        const result = await target.query(statement(query, preparedStatements))
        return { rows: result.rows, affected: result.rowCount ?? 0 }
      } catch (error) {
        throw withoutValues(error)
      }
    },
    async script(text) {
      await target.query(text)
    },
  })

  const database: Database = {
    kind: 'postgres',
    ...statementsOn(connectionOver(pool), { checkRows }),
    async transaction(work) {
      const client = await pool.connect()
      let broken = false
      const connection = connectionOver(client)
      try {
        return await runTransaction(
          {
            query: connection.query,
            async script(text) {
              try {
                await connection.script(text)
              } catch (error) {
                // After a failed begin, commit or rollback the state of the connection is unknown.
                broken ||= ['begin', 'commit', 'rollback'].includes(text)
                throw error
              }
            },
          },
          { checkRows },
          work,
        )
      } finally {
        client.release(broken)
      }
    },
    batch: (kind, item) => batcher.add(kind, item),
    close: () => pool.end(),
    stats: () => ({
      total: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
    }),
  }
  const batcher = new Batcher(database)
  return database
}

function statement(query: Query, prepared: boolean): pg.QueryConfig {
  const { text, values, name } = query
  // node-postgres declares a mutable array and leaves it alone.
  const config = { text, values: values as unknown[] }
  return prepared ? { ...config, name } : config
}

const int8 = 20
const int8Array = 1016
const timestamptz = 1184

/**
 * Our reading of a column type; for this pool only, other users of the driver keep theirs.
 * Counts and times are far below 2^53, so int8 is a number; a moment is epoch milliseconds.
 */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === int8) return Number
  if (oid === int8Array) return (text) => readIntegers(text)
  if (oid === timestamptz) return (text) => Date.parse(isoOf(text))
  return format === 'binary'
    ? pg.types.getTypeParser(oid, 'binary')
    : pg.types.getTypeParser(oid, 'text')
}

/** `{1,NULL,3}`; integers need no quotes, and nothing here nests arrays. */
const readIntegers = (text: string): (number | null)[] =>
  text === '{}'
    ? []
    : text
        .slice(1, -1)
        .split(',')
        .map((item) => (item === 'NULL' ? null : Number(item)))

/** PostgreSQL writes `2026-01-31 10:00:00.5+00`, ISO 8601 wants `T` and `+00:00`. */
const isoOf = (text: string): string => text.replace(' ', 'T').replace(/([+-][0-9]{2})$/, '$1:00')
