import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { Type } from 'typebox'
import { engines, openEmptyDatabase, openMigratedPostgres } from '../../test/databases.ts'
import { createEmptyDatabase } from '../../test/postgres-cluster.ts'
import { describeSchema } from '../../test/schema-text.ts'
import { silentLogger } from '../base/logger.ts'
import { migrate, pendingMigrations } from './migrations.ts'
import { openPostgres } from './postgres.ts'
import { sql } from './sql.ts'

const folder = (name: string): URL => new URL(`../../test/fixtures/${name}/`, import.meta.url)
const two = folder('migrations')
const three = folder('migrations-newer')
const broken = folder('migrations-broken')
const CountRow = Type.Object({ count: Type.Number() })

for (const engine of engines) {
  const db = await openEmptyDatabase(engine, { alone: true })

  test(`${engine}: a new database gets every file once, in order`, async () => {
    assert.deepEqual(await pendingMigrations(db, two), ['0001_first', '0002_second'])

    assert.deepEqual(await migrate(db, two), ['0001_first', '0002_second'])

    assert.deepEqual(await pendingMigrations(db, two), [])
    assert.deepEqual(await migrate(db, two), [])
  })

  test(`${engine}: a newer program adds what is missing, then an older one refuses`, async () => {
    assert.deepEqual(await pendingMigrations(db, three), ['0003_third'])

    assert.deepEqual(await migrate(db, three), ['0003_third'])

    await assert.rejects(migrate(db, two), /has migration 3, this program knows 2/)
    await assert.rejects(pendingMigrations(db, two), /has migration 3, this program knows 2/)
  })
}

test('a file that fails leaves nothing of itself and everything before it', async () => {
  const db = await openEmptyDatabase('postgres')

  await assert.rejects(migrate(db, broken), { code: '22012' })

  assert.deepEqual(await pendingMigrations(db, broken), ['0002_half'])
  await assert.rejects(db.run(sql`select 1 from half_things`), { code: '42P01' })
})

test('eight processes that migrate at the same moment run each file once', async () => {
  const { url, drop } = await createEmptyDatabase()
  const pools = Array.from({ length: 8 }, () => openPostgres(url, { log: silentLogger }))
  after(async () => {
    await Promise.all(pools.map((pool) => pool.close()))
    await drop()
  })

  const ran = await Promise.all(pools.map((pool) => migrate(pool, three)))

  assert.deepEqual(ran.flat().sort(), ['0001_first', '0002_second', '0003_third'])
  const row = await pools[0]?.first(CountRow, sql`select count(*) as count from first_things`)
  assert.equal(row?.count, 1)
})

test('PostgreSQL gets the schema that is written down from PGlite', async () => {
  const db = await openMigratedPostgres()

  const written = await readFile(new URL('./schema.gen.sql', import.meta.url), 'utf8')
  assert.equal(await describeSchema(db), written)
})
