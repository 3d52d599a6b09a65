import { PGlite } from '@electric-sql/pglite'
import { Type } from 'typebox'
import type { Logger } from '../base/logger.ts'
import { Batcher } from './batch.ts'
import type { Database } from './db.ts'
import { type FolderLock, lockFolder } from './folder-lock.ts'
import { PgliteStatements } from './pglite-statements.ts'
import { sql } from './sql.ts'
import { type Connection, runTransaction, statementsOn, withoutValues } from './statements.ts'

/** Where an embedded database lives. */
export type PgliteLocation = 'memory' | { folder: string }

/** How to use an embedded database. */
export type PgliteOptions = {
  log: Logger
  /** Compares every row with its schema; for tests. */
  checkRows?: boolean
}

/** PGlite has no checkpointer: measured, the write-ahead log grew to five times its limit. */
const checkpointEveryMs = 3 * 60_000
/** PGlite has no autovacuum either. */
const vacuumEveryMs = 60 * 60_000

/**
 * Opens PostgreSQL inside this process, for trying out, development and small installations.
 *
 * It has one connection, so statements and transactions wait for each other. It never calls fsync: a
 * killed process loses nothing, a power cut may lose or damage the last seconds.
 *
 * @throws Error with one line when another process uses the folder
 */
export async function openPglite(
  location: PgliteLocation,
  options: PgliteOptions,
): Promise<Database> {
  const { log, checkRows = false } = options
  const lock = location === 'memory' ? undefined : await lockFolder(location.folder)
  const pglite = await start(location, lock)
  if (location !== 'memory') {
    log.warn(
      { folder: location.folder },
      'the embedded database does not fsync: a power cut may lose or damage the last seconds; use PostgreSQL in production',
    )
  }

  const statements = new PgliteStatements(pglite)
  const queue = new Queue()
  const connection: Connection = {
    async query(query) {
      try {
        return await statements.query(query)
      } catch (error) {
        throw withoutValues(error)
      } finally {
        await letTimersRun()
      }
    },
    async script(text) {
      try {
        await pglite.exec(text)
        if (!keepsTables.has(text)) await statements.forget()
      } finally {
        await letTimersRun()
      }
    },
  }
  const inTurn: Connection = {
    query: (query) => queue.run(() => connection.query(query)),
    script: (text) => queue.run(() => connection.script(text)),
  }
  const database: Database = {
    kind: 'pglite',
    ...statementsOn(inTurn, { checkRows }),
    transaction: (work) => queue.run(() => runTransaction(connection, { checkRows }, work)),
    batch: (kind, item) => batcher.add(kind, item),
    async close() {
      housekeeping?.stop()
      await queue.run(async () => {
        if (housekeeping !== undefined) {
          await vacuum(connection)
          await connection.script('checkpoint')
        }
        await pglite.close()
        lock?.release()
      })
    },
    stats: () => ({
      total: 1,
      idle: queue.size === 0 ? 1 : 0,
      waiting: Math.max(0, queue.size - 1),
    }),
  }
  const batcher = new Batcher(database)
  const housekeeping = location === 'memory' ? undefined : startHousekeeping(inTurn, log)
  return database
}

async function start(location: PgliteLocation, lock: FolderLock | undefined): Promise<PGlite> {
  try {
    return await PGlite.create({
      ...(location !== 'memory' && { dataDir: location.folder }),
      parsers: {
        [int8]: Number,
        [bytea]: (text) => Buffer.from(text.slice(2), 'hex'),
        [timestamptz]: (text) => Date.parse(text),
      },
      serializers: { [bytea]: hexOf },
    })
  } catch (error) {
    lock?.release()
    throw error
  }
}

/** Scripts after which every prepared statement still holds. */
const keepsTables = new Set(['begin', 'commit', 'rollback', 'checkpoint'])

const bytea = 17
const int8 = 20
const timestamptz = 1184

const hexOf = (bytes: Uint8Array): string =>
  `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`

/** PGlite runs on this thread: without a turn of the event loop a chain of queries stops all timers. */
const letTimersRun = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** One after the other, in the order of arrival. */
class Queue {
  #last: Promise<unknown> = Promise.resolve()
  #size = 0

  get size(): number {
    return this.#size
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    this.#size += 1
    const result = this.#last.then(work).finally(() => {
      this.#size -= 1
    })
    this.#last = result.catch(() => undefined)
    return result
  }
}

type Housekeeping = { stop(): void }

function startHousekeeping(connection: Connection, log: Logger): Housekeeping {
  const every = (periodMs: number, name: string, work: () => Promise<void>): NodeJS.Timeout =>
    setInterval(() => {
      work().catch((error: unknown) => log.error({ err: error }, `${name} failed`))
    }, periodMs).unref()
  const timers = [
    every(checkpointEveryMs, 'checkpoint', () => connection.script('checkpoint')),
    every(vacuumEveryMs, 'vacuum', () => vacuum(connection)),
  ]
  return { stop: () => timers.forEach(clearInterval) }
}

const TableRow = Type.Object({ name: Type.String() })

/** Frees the dead rows of every table that has some; a table at a time, so others get their turn. */
async function vacuum(connection: Connection): Promise<void> {
  const tables = await statementsOn(connection, { checkRows: false }).rows(
    TableRow,
    sql`
    select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables
     where n_dead_tup > 0 or n_mod_since_analyze > 0`,
  )
  for (const { name } of tables) await connection.script(`vacuum (analyze) ${name}`)
}
