import { mkdir, realpath } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'

/** Held until `release` or the death of the process. */
export type FolderLock = { release(): void }

/** A process that was killed a moment ago may still hold the lock; it goes with it. */
const patienceMs = 2000
const pauseMs = 100

/**
 * Takes a folder for this process alone, with a lock of the operating system: it goes when the
 * process is really gone, however it died. A pid file would outlive a killed process, and would be
 * ignored while a killed process still lingers.
 *
 * Node has no `flock`. SQLite has: an exclusive transaction on a file beside the folder holds a POSIX
 * lock, and SQLite also refuses a second open in the same process.
 *
 * @throws Error with one line when another process holds it
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = `${await realpath(folder)}.lock`
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    const lock = tryLock(file)
    if (lock !== undefined) return lock
    if (waitedMs >= patienceMs) {
      throw new Error(
        `another process uses the database folder ${folder}; stop it first, or use PostgreSQL to run several`,
      )
    }
    await setTimeout(pauseMs)
  }
}

function tryLock(file: string): FolderLock | undefined {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive')
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) {
      return undefined
    }
    throw error
  }
}

const sqliteBusy = 5
