import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Type } from 'typebox'
import { engines, openEmptyDatabase } from '../../test/databases.ts'
import { columns, json, sql } from './sql.ts'

const ValueRow = Type.Object({
  id: Type.Integer(),
  big: Type.Number(),
  bytes: Type.Unsafe<Uint8Array>({}),
  document: Type.Unknown(),
  words: Type.Array(Type.String()),
  numbers: Type.Array(Type.Union([Type.Number(), Type.Null()])),
  ratio: Type.Number(),
  yes: Type.Boolean(),
  nothing: Type.Union([Type.String(), Type.Null()]),
})
const CountRow = Type.Object({ count: Type.Number() })

for (const engine of engines) {
  const db = await openEmptyDatabase(engine)
  await db.script(`
    create table typed (
      id integer primary key, big bigint, bytes bytea, document jsonb, words text[], numbers bigint[],
      ratio double precision, yes boolean, nothing text
    );
    create table plain (id integer primary key)`)
  const insert = (id: number) => sql`insert into plain (id) values (${id})`
  const exists = async (id: number) =>
    (await db.rows(Type.Unknown(), sql`select 1 from plain where id = ${id}`)).length === 1

  test(`${engine}: each type of column comes back as it went in`, async () => {
    const value = {
      id: 1,
      big: 1_795_634_503_442,
      bytes: new Uint8Array([0, 92, 255]),
      document: [{ 'a"\\': "b'" }, null, 1.5],
      words: ['', 'a,b', '"{}\\', 'null', 'é'],
      numbers: [1, null, 9_007_199_254_740_991],
      ratio: 0.1,
      yes: false,
      nothing: null,
    }

    await db.run(sql`
      insert into typed (${columns(ValueRow)}) values (
        ${value.id}, ${value.big}, ${value.bytes}, ${json(value.document)}, ${value.words},
        ${value.numbers}, ${value.ratio}, ${value.yes}, ${value.nothing})`)

    const row = await db.first(ValueRow, sql`select ${columns(ValueRow)} from typed where id = 1`)
    assert.deepEqual({ ...row, bytes: new Uint8Array(row?.bytes ?? []) }, value)
  })

  test(`${engine}: arrays of every type unnest into rows`, async () => {
    const affected = await db.run(sql`
      insert into typed (id, big, bytes, document, nothing)
      select * from unnest(${[10, 11]}::integer[], ${[1, 2]}::bigint[],
        ${[new Uint8Array([7]), null]}::bytea[], ${[json({ a: '"' }), null]}::jsonb[],
        ${['x', null]}::text[])`)

    const Row = Type.Object({
      id: Type.Integer(),
      bytes: Type.Unsafe<Uint8Array | null>({}),
      document: Type.Unknown(),
      nothing: Type.Union([Type.String(), Type.Null()]),
    })
    const rows = await db.rows(
      Row,
      sql`select ${columns(Row)} from typed where id = any(${[10, 11]}::integer[]) order by id`,
    )
    assert.equal(affected, 2)
    assert.deepEqual(
      rows.map((row) => ({ ...row, bytes: row.bytes && [...row.bytes] })),
      [
        { id: 10, bytes: [7], document: { a: '"' }, nothing: 'x' },
        { id: 11, bytes: null, document: null, nothing: null },
      ],
    )
  })

  test(`${engine}: a count is a number and a moment is epoch milliseconds`, async () => {
    const Row = Type.Object({ count: Type.Number(), at: Type.Number() })

    const row = await db.first(
      Row,
      sql`select count(*) as count, timestamptz '2026-01-31 10:00:00.25+05:30' as at from plain
          where false`,
    )

    assert.deepEqual(row, { count: 0, at: Date.UTC(2026, 0, 31, 4, 30, 0, 250) })
  })

  test(`${engine}: a row that differs from its schema fails, without telling the value`, async () => {
    const Wrong = Type.Object({ word: Type.Number() })

    await assert.rejects(
      db.rows(Wrong, sql`select 'secret'::text as word`),
      (error: Error) => /word.*number/.test(error.message) && !error.message.includes('"secret"'),
    )
  })

  test(`${engine}: an error keeps its code and its constraint, and loses the values`, async () => {
    await db.run(insert(424_242))

    const error = await db.run(insert(424_242)).catch((caught: unknown) => caught)

    assert.ok(error instanceof Error && 'code' in error && 'constraint' in error)
    assert.deepEqual([error.code, error.constraint], ['23505', 'plain_pkey'])
    assert.doesNotMatch(inspect(error, { depth: 9 }), /424242/)
  })

  test(`${engine}: a transaction that throws leaves nothing`, async () => {
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx.run(insert(20))
        throw new Error('no')
      }),
      /^Error: no$/,
    )

    assert.equal(await exists(20), false)
  })

  test(`${engine}: a transaction whose failed statement was swallowed does not pass for done`, async () => {
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx.run(insert(21))
        await tx.run(insert(21)).catch(() => undefined)
      }),
      /rolled back/,
    )

    assert.equal(await exists(21), false)
  })

  test(`${engine}: a transaction refuses a second one inside, and any use after its end`, async () => {
    const handle = await db.transaction(async (tx) => {
      await assert.rejects(
        tx.transaction(async () => undefined),
        /inside another/,
      )
      return tx
    })

    await assert.rejects(handle.run(insert(22)), /is over/)
    assert.equal(await exists(22), false)
  })

  test(`${engine}: statements that one transaction starts at once all belong to it`, async () => {
    await db.transaction((tx) => Promise.all([30, 31, 32].map((id) => tx.run(insert(id)))))

    const row = await db.first(
      CountRow,
      sql`select count(*) as count from plain where id between 30 and 32`,
    )
    assert.equal(row?.count, 3)
  })

  test(`${engine}: transactions at once do not mix`, async () => {
    const attempts = Array.from({ length: 30 }, (_, index) => 100 + index)

    const outcomes = await Promise.allSettled(
      attempts.map((id) =>
        db.transaction(async (tx) => {
          await tx.run(insert(id))
          if (id % 2 === 1) throw new Error('odd')
        }),
      ),
    )

    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 15)
    const row = await db.first(
      CountRow,
      sql`select count(*) as count from plain where id between 100 and 129`,
    )
    assert.equal(row?.count, 15)
  })

  test(`${engine}: a failed statement leaves the next ones whole, prepared or not`, async () => {
    const divide = (by: number) => sql`select 6 / ${by}::integer as result`
    const Result = Type.Object({ result: Type.Integer() })

    await assert.rejects(db.first(Result, divide(0)), { code: '22012' })
    await assert.rejects(db.first(Result, sql`select nonsense as result`), { code: '42703' })

    assert.deepEqual(await db.first(Result, divide(3)), { result: 2 })
    await assert.rejects(db.first(Result, sql`select nonsense as result`), { code: '42703' })
  })

  test(`${engine}: a run tells how many rows it touched`, async () => {
    await db.run(sql`insert into plain select * from generate_series(200, 204)`)

    assert.equal(await db.run(sql`delete from plain where id between 201 and 203`), 3)
    assert.equal(await db.run(sql`delete from plain where id between 201 and 203`), 0)
    assert.equal(await db.run(sql`delete from plain where id = 200 returning id`), 1)
  })

  test(`${engine}: a large value and a large result pass whole`, async () => {
    const Row = Type.Object({ words: Type.Array(Type.String()) })
    const words = Array.from({ length: 3000 }, (_, index) => `${index} ${'w'.repeat(1000)}`)

    const row = await db.first(Row, sql`select ${words}::text[] as words`)

    assert.deepEqual(row?.words, words)
  })
}
