import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Type } from 'typebox'
import { createEmptyDatabase } from '../../test/postgres-cluster.ts'
import { silentLogger } from '../base/logger.ts'
import { openDatabase } from './open-database.ts'
import { openPostgres } from './postgres.ts'
import { sql } from './sql.ts'

const { url, drop } = await createEmptyDatabase()
after(drop)

const PreparedRow = Type.Object({ count: Type.Number() })
const prepared = sql`select count(*) as count from pg_prepared_statements`

test('statements are prepared under a name, or not at all behind a pooler', async () => {
  const counts: (number | undefined)[] = []
  for (const preparedStatements of [true, false]) {
    const db = openPostgres(url, { log: silentLogger, maxConnections: 1, preparedStatements })
    await db.run(sql`select ${1}::integer`)
    await db.run(sql`select ${2}::integer`)
    counts.push((await db.first(PreparedRow, prepared))?.count)
    await db.close()
  }

  assert.deepEqual(counts, [2, 0])
})

test('a connection that the server ends is replaced, in and out of a transaction', async () => {
  const warnings: object[] = []
  const log = { ...silentLogger, warn: (fields: object) => warnings.push(fields) }
  const db = openPostgres(url, { log, maxConnections: 1 })
  const other = openPostgres(url, { log: silentLogger, maxConnections: 1 })
  const PidRow = Type.Object({ pid: Type.Integer() })
  const pid = sql`select pg_backend_pid() as pid`
  const end = (number: number | undefined) =>
    other.run(sql`select pg_terminate_backend(${number}::integer, 10000)`)

  await assert.rejects(
    db.transaction(async (tx) => {
      await end((await tx.first(PidRow, pid))?.pid)
      await tx.run(pid)
    }),
  )
  const second = (await db.first(PidRow, pid))?.pid

  assert.ok(second !== undefined)
  assert.ok(warnings.length > 0)
  await Promise.all([db.close(), other.close()])
})

test('no more connections are opened than allowed, and the others wait', async () => {
  const db = openPostgres(url, { log: silentLogger, maxConnections: 2 })

  const running = [1, 2, 3, 4, 5].map(() => db.run(sql`select pg_sleep(0.01)`))

  assert.deepEqual(db.stats(), { total: 2, idle: 0, waiting: 3 })
  await Promise.all(running)
  assert.deepEqual(db.stats(), { total: 2, idle: 2, waiting: 0 })
  await db.close()
})

test('the URL chooses the database, and a wrong one is refused without being repeated', async () => {
  const options = { log: silentLogger }
  const postgres = await openDatabase(url, options)
  const pglite = await openDatabase('pglite:memory', options)

  assert.deepEqual([postgres.kind, pglite.kind], ['postgres', 'pglite'])
  await assert.rejects(
    openDatabase('mysql://me:secret@host/db', options),
    (error: Error) => error.message.includes('postgres://') && !error.message.includes('secret'),
  )
  await Promise.all([postgres.close(), pglite.close()])
})
