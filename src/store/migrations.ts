import { readdir, readFile } from 'node:fs/promises'
import { Type } from 'typebox'
import type { Database, Db } from './db.ts'
import { sql } from './sql.ts'

/** The program's own migrations. */
const ownFolder = new URL('./migrations/', import.meta.url)

/** Any number that nothing else in the database takes as an advisory lock. */
const lockNumber = 8_786_554

type Migration = { number: number; name: string }

/**
 * Brings the database to the newest schema; a new database gets everything. Each file is one
 * transaction with its own record, so a failure leaves the files before it in place. Many processes
 * may do this at once: the lock inside each transaction lets one work and the others find it done.
 *
 * @returns the names of the files that this call ran
 * @throws Error when the database is newer than the program
 */
export async function migrate(db: Database, folder: URL = ownFolder): Promise<string[]> {
  const migrations = await readFolder(folder)
  await db.transaction(async (tx) => {
    await lock(tx)
    await tx.script(`
      create table if not exists schema_migrations (
        number integer primary key,
        name text not null,
        applied_at bigint not null
      )`)
    refuseNewer(await applied(tx), migrations)
  })
  const ran: string[] = []
  for (const migration of migrations) {
    const text = await readFile(new URL(`${migration.name}.sql`, folder), 'utf8')
    const done = await db.transaction(async (tx) => {
      await lock(tx)
      const numbers = await applied(tx)
      if (numbers.has(migration.number)) return false
      refuseNewer(numbers, migrations)
      await tx.script(text)
      await tx.run(sql`
        insert into schema_migrations (number, name, applied_at)
        values (${migration.number}, ${migration.name}, (extract(epoch from now()) * 1000)::bigint)`)
      return true
    })
    if (done) ran.push(migration.name)
  }
  return ran
}

/**
 * The names of the files that the database lacks, oldest first.
 *
 * @throws Error when the database is newer than the program
 */
export async function pendingMigrations(db: Db, folder: URL = ownFolder): Promise<string[]> {
  const migrations = await readFolder(folder)
  const [table] = await db.rows(
    ExistsRow,
    sql`select to_regclass('schema_migrations') is not null as exists`,
  )
  const numbers = table?.exists === true ? await applied(db) : new Set<number>()
  refuseNewer(numbers, migrations)
  return migrations.filter(({ number }) => !numbers.has(number)).map(({ name }) => name)
}

const ExistsRow = Type.Object({ exists: Type.Boolean() })
const NumberRow = Type.Object({ number: Type.Integer() })

const lock = (tx: Db) =>
  tx.rows(Type.Unknown(), sql`select pg_advisory_xact_lock(${lockNumber}::bigint)`)

async function applied(db: Db): Promise<ReadonlySet<number>> {
  const rows = await db.rows(NumberRow, sql`select number from schema_migrations`)
  return new Set(rows.map(({ number }) => number))
}

function refuseNewer(applied: ReadonlySet<number>, migrations: readonly Migration[]): void {
  const newest = migrations.at(-1)?.number ?? 0
  const newer = [...applied].filter((number) => number > newest)
  if (newer.length === 0) return
  throw new Error(
    `the database has migration ${Math.max(...newer)}, this program knows ${newest}: start a newer version`,
  )
}

/** The files of a folder, oldest first. */
async function readFolder(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return names.map((file, index) => {
    const number = Number(/^([0-9]{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1])
    if (number !== index + 1) {
      throw new Error(`migrations are numbered 0001_name.sql, 0002_name.sql …; found ${file}`)
    }
    return { number, name: file.slice(0, -'.sql'.length) }
  })
}
