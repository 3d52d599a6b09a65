import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Type } from 'typebox'
import { engines, openEmptyDatabase } from '../../test/databases.ts'
import type { BatchKind, Db } from './db.ts'
import { columns, json, type Query, sql } from './sql.ts'

const ThingRow = Type.Object({ id: Type.Integer(), count: Type.Integer() })
type Thing = { id: number; count: number }

/** A kind with a record of its batches. */
function insertThings(options: { maxItems?: number; maxInFlight?: number } = {}) {
  const batches: number[][] = []
  const kind: BatchKind<number, Thing | undefined> = {
    name: 'insert things',
    maxItems: options.maxItems ?? 100,
    maxInFlight: options.maxInFlight ?? 1,
    async run(db, ids) {
      batches.push([...ids])
      const rows = await db.rows(
        ThingRow,
        sql`
        insert into things (id, count) select id, 0 from unnest(${ids}::integer[]) as ids (id)
        returning ${columns(ThingRow)}`,
      )
      const byId = new Map(rows.map((row) => [row.id, row]))
      return ids.map((id) => byId.get(id))
    },
  }
  return { kind, batches }
}

const countThings: BatchKind<number, number> & { batches: number } = {
  name: 'count things',
  maxItems: 100,
  maxInFlight: 1,
  batches: 0,
  keyOf: (id) => String(id),
  async run(db, ids) {
    this.batches += 1
    const rows = await db.rows(
      ThingRow,
      sql`
      update things set count = count + 1 where id = any(${ids}::integer[])
      returning ${columns(ThingRow)}`,
    )
    const counts = new Map(rows.map((row) => [row.id, row.count]))
    return ids.map((id) => counts.get(id) ?? 0)
  },
}

for (const engine of engines) {
  const db = await openEmptyDatabase(engine)
  await db.script('create table things (id integer primary key check (id <> 13), count integer)')
  let next = 1000
  const ids = (count: number): number[] => Array.from({ length: count }, () => next++)

  test(`${engine}: calls during a batch share the next one, and each gets its own result`, async () => {
    const { kind, batches } = insertThings()
    const [first = 0, ...others] = ids(20)

    const things = await Promise.all([first, ...others].map((id) => db.batch(kind, id)))

    assert.deepEqual(
      things.map((thing) => thing?.id),
      [first, ...others],
    )
    assert.deepEqual(batches, [[first], others])
  })

  test(`${engine}: a batch carries no more than its kind allows`, async () => {
    const { kind, batches } = insertThings({ maxItems: 4 })

    await Promise.all(ids(10).map((id) => db.batch(kind, id)))

    assert.deepEqual(
      batches.map((batch) => batch.length),
      [1, 4, 4, 1],
    )
  })

  test(`${engine}: an item that the database refuses fails alone`, async () => {
    const { kind } = insertThings()
    const wanted = [...ids(5), 13, ...ids(6), 13, ...ids(1)]

    const outcomes = await Promise.allSettled(wanted.map((id) => db.batch(kind, id)))

    outcomes.forEach((outcome, index) => {
      if (wanted[index] === 13) {
        assert.equal(outcome.status, 'rejected')
        const { code, constraint } = outcome.reason
        assert.deepEqual({ code, constraint }, { code: '23514', constraint: 'things_id_check' })
      } else {
        assert.partialDeepStrictEqual(outcome, {
          status: 'fulfilled',
          value: { id: wanted[index] },
        })
      }
    })
  })

  test(`${engine}: items with one key never share a batch, so each counts`, async () => {
    const { kind } = insertThings()
    const [one = 0, other = 0] = await Promise.all(
      ids(2).map(async (id) => (await db.batch(kind, id))?.id),
    )
    countThings.batches = 0

    const counts = await Promise.all(
      [one, one, other, one, other].map((id) => db.batch(countThings, id)),
    )

    assert.deepEqual(counts, [1, 2, 1, 3, 2])
    assert.equal(countThings.batches, 3)
  })

  test(`${engine}: an item inside a transaction runs at once and is rolled back with it`, async () => {
    const { kind, batches } = insertThings()
    const [id = 0] = ids(1)

    await assert.rejects(
      db.transaction(async (tx) => {
        assert.equal((await tx.batch(kind, id))?.id, id)
        throw new Error('changed my mind')
      }),
      /changed my mind/,
    )

    assert.deepEqual(batches, [[id]])
    assert.equal(await db.first(ThingRow, selectThing(id)), undefined)
  })
}

const selectThing = (id: number) => sql`select ${columns(ThingRow)} from things where id = ${id}`

const postgres = await openEmptyDatabase('postgres')

test('a batch that ends in a deadlock is run again, and all succeed', async () => {
  await postgres.script('create table pairs (id integer primary key, count integer not null)')
  await postgres.script('insert into pairs values (1, 0), (2, 0)')
  let tries = 0
  const bothLocked = gate(2)
  // One of them looks for the deadlock long before the other one: it alone gives way, and comes again.
  const inOrder = (
    name: string,
    order: readonly number[],
    patience: Query,
  ): BatchKind<number, boolean> => ({
    name,
    maxItems: 10,
    maxInFlight: 1,
    async run(db, items) {
      tries += 1
      await db.transaction(async (tx) => {
        const [first = 0, second = 0] = order
        await tx.run(patience)
        await addOne(tx, first)
        await bothLocked()
        await addOne(tx, second)
      })
      return items.map(() => true)
    },
  })

  await Promise.all([
    postgres.batch(inOrder('forth', [1, 2], sql`set local deadlock_timeout = '100ms'`), 1),
    postgres.batch(inOrder('back', [2, 1], sql`set local deadlock_timeout = '30s'`), 1),
  ])

  // Who gave way may meet the other one again.
  assert.ok(tries >= 3, `${tries} tries`)
  const PairRow = Type.Object({ count: Type.Integer() })
  const pairs = await postgres.rows(PairRow, sql`select ${columns(PairRow)} from pairs`)
  assert.deepEqual(pairs, [{ count: 2 }, { count: 2 }])
})

const addOne = (tx: Db, id: number) =>
  tx.run(sql`update pairs set count = count + 1 where id = ${id}`)

/** Holds its first `count` callers until all of them came; later ones pass. */
function gate(count: number): () => Promise<void> {
  let arrived = 0
  return async () => {
    arrived += 1
    while (arrived < count) await setImmediate()
  }
}

test("an error that is not the database's fails the batch and is never tried again", async () => {
  let runs = 0
  const broken: BatchKind<number, number> = {
    name: 'broken',
    maxItems: 10,
    maxInFlight: 1,
    async run() {
      runs += 1
      throw new Error(`lost, ${json(runs)}`)
    },
  }

  const outcomes = await Promise.allSettled([1, 2, 3].map((item) => postgres.batch(broken, item)))

  assert.equal(runs, 2)
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.message),
    ['lost, 1', 'lost, 2', 'lost, 2'],
  )
})
