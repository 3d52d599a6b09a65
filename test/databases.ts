import { after } from 'node:test'
import { silentLogger } from '../src/base/logger.ts'
import type { Database } from '../src/store/db.ts'
import { openPglite } from '../src/store/pglite.ts'
import { openPostgres } from '../src/store/postgres.ts'
import { createEmptyDatabase, createTestDatabase } from './postgres-cluster.ts'

/** The databases that every statement must run on. */
export const engines = ['postgres', 'pglite'] as const
export type Engine = (typeof engines)[number]

/**
 * A database without tables of others, rows checked. Call it at the top of a test file: it is closed
 * after the last test. The embedded one starts slowly and takes 500 MB, so all files of a process
 * share one, and name their tables apart; `alone` gives one of its own.
 */
export async function openEmptyDatabase(
  engine: Engine,
  options: { alone?: boolean } = {},
): Promise<Database> {
  if (engine === 'pglite') {
    if (options.alone === true) return closedAfter(await openPglite('memory', testOptions))
    shared ??= openPglite('memory', testOptions).then((db) => closedAfter(db))
    return shared
  }
  const { url, drop } = await createEmptyDatabase()
  return closedAfter(openPostgres(url, testOptions), drop)
}

/** A PostgreSQL database with the newest schema and no rows, checked and closed in the same way. */
export async function openMigratedPostgres(): Promise<Database> {
  const { url, drop } = await createTestDatabase()
  return closedAfter(openPostgres(url, testOptions), drop)
}

let shared: Promise<Database> | undefined

const testOptions = { log: silentLogger, checkRows: true }

function closedAfter(db: Database, drop?: () => Promise<void>): Database {
  after(async () => {
    await db.close()
    await drop?.()
  })
  return db
}
