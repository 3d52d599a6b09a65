import { after } from 'node:test'
import { silentLogger } from '../src/base/logger.ts'
import type { Database } from '../src/store/db.ts'
import { migrate } from '../src/store/migrations.ts'
import { openPglite } from '../src/store/pglite.ts'
import { openPostgres } from '../src/store/postgres.ts'
import type { Engine } from './databases.ts'
import { createTestDatabase } from './postgres-cluster.ts'

const options = { log: silentLogger, checkRows: true }
const shared = new Map<Engine, Promise<Database>>()
const closing: (() => Promise<void>)[] = []

after(async () => {
  for (const close of closing) await close()
})

/**
 * A database with the newest schema, rows checked. All files of the process share one of each kind: a
 * test makes its own tenant and cleans nothing.
 */
export async function openMigrated(engine: Engine): Promise<Database> {
  const opening = shared.get(engine) ?? (engine === 'pglite' ? openEmbedded() : openServer())
  shared.set(engine, opening)
  return opening
}

async function openEmbedded(): Promise<Database> {
  const database = await openPglite('memory', options)
  closing.push(() => database.close())
  await migrate(database)
  return database
}

async function openServer(): Promise<Database> {
  const { url, drop } = await createTestDatabase()
  const database = openPostgres(url, options)
  closing.push(async () => {
    await database.close()
    await drop()
  })
  return database
}
