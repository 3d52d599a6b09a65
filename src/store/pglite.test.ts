import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Type } from 'typebox'
import { openEmptyDatabase } from '../../test/databases.ts'
import { silentLogger } from '../base/logger.ts'
import { openPglite } from './pglite.ts'
import { sql } from './sql.ts'

const writer = fileURLToPath(new URL('../../test/fixtures/embedded-writer.ts', import.meta.url))

test('a folder in use is refused, and after a kill it opens with all that was acknowledged', async () => {
  const parent = await mkdtemp(path.join(tmpdir(), 'trunkline-embedded-'))
  after(() => rm(parent, { recursive: true }))
  const folder = path.join(parent, 'db')
  const child = spawn(process.execPath, [writer, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  let acknowledged = 0
  lines.on('line', (line) => {
    acknowledged = Number(line)
  })
  await once(lines, 'line')

  await assert.rejects(openPglite({ folder }, { log: silentLogger }), {
    name: 'Error',
    message: `another process uses the database folder ${folder}; stop it first, or use PostgreSQL to run several`,
  })
  child.kill('SIGKILL')
  await once(lines, 'close')
  const warnings: unknown[] = []
  const log = { ...silentLogger, warn: (fields: object) => warnings.push(fields) }
  const db = await openPglite({ folder }, { log, checkRows: true })

  const Row = Type.Object({ pairs: Type.Number(), firsts: Type.Number(), seconds: Type.Number() })
  const row = await db.first(
    Row,
    sql`select (select count(*) from a join b using (id)) as pairs,
               (select count(*) from a) as firsts, (select count(*) from b) as seconds`,
  )
  await db.close()
  assert.ok(acknowledged > 0)
  assert.ok((row?.pairs ?? 0) >= acknowledged, `${row?.pairs} of ${acknowledged}`)
  assert.deepEqual([row?.firsts, row?.seconds], [row?.pairs, row?.pairs])
  assert.deepEqual(warnings, [{ folder }])
})

test('the same process cannot open a folder twice, and can open it again after closing', async () => {
  const parent = await mkdtemp(path.join(tmpdir(), 'trunkline-embedded-'))
  after(() => rm(parent, { recursive: true }))
  const folder = path.join(parent, 'deep', 'db')
  const first = await openPglite({ folder }, { log: silentLogger })

  await assert.rejects(openPglite({ folder }, { log: silentLogger }), /another process uses/)

  await first.script('create table kept (id integer)')
  await first.run(sql`insert into kept values (1)`)
  await first.close()
  const again = await openPglite({ folder }, { log: silentLogger })
  const rows = await again.rows(Type.Object({ id: Type.Integer() }), sql`select id from kept`)
  await again.close()
  assert.deepEqual(rows, [{ id: 1 }])
})

const memory = await openEmptyDatabase('pglite')

test('timers fire while the database is busy without a pause', async () => {
  let fired = 0
  const timer = setInterval(() => {
    fired += 1
  }, 1)

  for (let index = 0; index < 300; index += 1) await memory.run(sql`select ${index}::integer`)

  clearInterval(timer)
  assert.ok(fired > 10, `${fired}`)
})

test('its statistics tell who waits for the one connection', async () => {
  assert.deepEqual(memory.stats(), { total: 1, idle: 1, waiting: 0 })

  const running = [1, 2, 3].map((value) => memory.run(sql`select ${value}::integer`))

  assert.deepEqual(memory.stats(), { total: 1, idle: 0, waiting: 2 })
  await Promise.all(running)
  assert.deepEqual(memory.stats(), { total: 1, idle: 1, waiting: 0 })
})

test('a statement prepared before its table changed works after it', async () => {
  await memory.script('create table changing (id integer); insert into changing values (1)')
  const Row = Type.Object({ id: Type.Union([Type.String(), Type.Integer()]) })
  const read = () => memory.rows(Row, sql`select id from changing`)
  await read()

  await memory.script('alter table changing alter column id type text')

  assert.deepEqual(await read(), [{ id: '1' }])
})
