import { reorderRestoredLogs } from '../store/log-streams.ts'
import type { Deps } from './deps.ts'
import { lastLogIdAt } from './tenant-log-search.ts'

/** How far before the last entry that it handed over a stream begins again after a restore. */
const overlapMs = 600_000

/**
 * Puts the order of writing right after the database came out of a dump; nothing happens in ordinary
 * life. To be called at a start, before anything is delivered.
 */
export async function reorderLogs(deps: Deps): Promise<void> {
  const tenants = await reorderRestoredLogs(deps.db, earlier)
  for (const tenant of tenants) deps.log.warn({ tenant }, 'the log came out of a dump')
}

/** The time of an id stands in 14 digits after the five of its kind. */
const earlier = (logId: string): string =>
  logId === '' ? '' : lastLogIdAt(Number(logId.slice(5, 19)) - overlapMs)
