import { silentLogger } from '../src/base/logger.ts'
import type { Database } from '../src/store/db.ts'
import { migrate } from '../src/store/migrations.ts'
import { openPglite } from '../src/store/pglite.ts'
import { type Engine, openMigratedPostgres } from './databases.ts'

let shared: Promise<Database> | undefined

/**
 * A database with the newest schema, rows checked. The embedded one is shared by all files of the
 * process and never closed before its end: a test makes its own tenant and cleans nothing.
 */
export async function openMigrated(engine: Engine): Promise<Database> {
  if (engine === 'postgres') return openMigratedPostgres()
  shared ??= (async () => {
    const database = await openPglite('memory', { log: silentLogger, checkRows: true })
    await migrate(database)
    return database
  })()
  return await shared
}
