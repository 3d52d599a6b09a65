import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { columns, join, json, sql } from './sql.ts'

const Row = Type.Object({ id: Type.String(), made_at: Type.Number() })

test('values become numbered parameters and nested queries are spliced with theirs', () => {
  const filter = sql`kind = ${'b'} and size > ${3}`

  const query = sql`select ${columns(Row)} from things where tenant = ${'a'} and ${filter} limit ${9}`

  assert.equal(
    query.text,
    'select "id", "made_at" from things where tenant = $1 and kind = $2 and size > $3 limit $4',
  )
  assert.deepEqual(query.values, ['a', 'b', 3, 9])
})

test('a text has one name, whichever template it came from, and another text has another', () => {
  const first = (id: string) => sql`select 1 where ${id} = ''`
  const second = (id: string) => sql`select 1 where ${sql`${id} = ''`}`

  assert.equal(first('a').name, first('b').name)
  assert.equal(first('a').name, second('c').name)
  assert.notEqual(first('a').name, sql`select 2 where ${'a'} = ''`.name)
})

test('one template with another nested query is another text', () => {
  const list = (newest: boolean) => sql`select 1 order by ${newest ? sql`a desc` : sql`a`}`

  assert.deepEqual(
    [list(true).text, list(false).text, list(true).text],
    ['select 1 order by a desc', 'select 1 order by a', 'select 1 order by a desc'],
  )
})

test('a place of a template may hold a value in one call and a query in the next', () => {
  const compare = (right: string | typeof now) => sql`select 1 where at < ${right}`
  const now = sql`now()`

  assert.equal(compare('x').text, 'select 1 where at < $1')
  assert.equal(compare(now).text, 'select 1 where at < now()')
  assert.deepEqual(compare(now).values, [])
})

test('join puts text between queries and keeps the order of their values', () => {
  const query = sql`update things set ${join([sql`a = ${1}`, sql`b = ${2}`])} where c = ${3}`

  assert.equal(query.text, 'update things set a = $1, b = $2 where c = $3')
  assert.deepEqual(query.values, [1, 2, 3])
  assert.equal(sql`a ${join([])} b`.text, 'a  b')
})

test('a column list may name the table, and a name that is no column name is refused', () => {
  assert.equal(columns(Row, 't').text, 't."id", t."made_at"'.replaceAll('t.', '"t".'))
  assert.throws(() => columns(Type.Object({ 'a" from b': Type.String() })), /not a column name/)
})

test('json makes a text of every value and the SQL null of undefined', () => {
  assert.deepEqual(
    [json({ a: [1] }), json('a'), json(null), json(undefined)],
    ['{"a":[1]}', '"a"', 'null', null],
  )
})

test('json replaces what a database refuses, and nothing that only looks like it', () => {
  const refused = { 'a\u0000': ['\ud800', 'x\udc00y'] }
  const taken = { 'a\\u0000': ['\\ud800', '\\\\u0000', '😀\u0001'] }

  assert.deepEqual(JSON.parse(json(refused) ?? ''), { 'a\ufffd': ['\ufffd', 'x\ufffdy'] })
  assert.equal(json(taken), JSON.stringify(taken))
})
