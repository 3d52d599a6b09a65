import type { Logger } from '../base/logger.ts'
import type { Database } from './db.ts'

/** How to open a database; what does not concern its kind is ignored. */
export type OpenDatabaseOptions = {
  log: Logger
  maxConnections?: number
  preparedStatements?: boolean
  checkRows?: boolean
}

/**
 * Opens the database that a URL names: `pglite:memory`, `pglite:FOLDER` or `postgres://…`.
 *
 * @throws Error with one line for any other scheme, and when another process uses the folder
 */
export async function openDatabase(url: string, options: OpenDatabaseOptions): Promise<Database> {
  const place = /^pglite:(.+)$/.exec(url)?.[1]
  // Only the driver that is used is loaded.
  if (place !== undefined) {
    const { openPglite } = await import('./pglite.ts')
    return openPglite(place === 'memory' ? 'memory' : { folder: place }, options)
  }
  if (/^postgres(?:ql)?:\/\//.test(url)) {
    const { openPostgres } = await import('./postgres.ts')
    return openPostgres(url, options)
  }
  // The URL may hold a password, so it is not repeated.
  throw new Error(
    'the database URL must start with postgres:// or be pglite:memory or pglite:FOLDER',
  )
}
