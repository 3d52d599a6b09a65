import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TSchema } from 'typebox'
import { managementScopes } from '../src/contract/scopes.ts'
import { type Furniture, furnish } from './furnished-tenant.ts'
import { type Reply, type TestServer, testServer } from './harness.ts'
import { actionRows } from './management-table/actions.ts'
import { clientRows } from './management-table/clients.ts'
import { connectionRows } from './management-table/connections.ts'
import { factorRows } from './management-table/factors.ts'
import { guardianRows } from './management-table/guardian.ts'
import { phoneRows } from './management-table/phone.ts'
import { type Refusal, type Row, type Rows, refused } from './management-table/row.ts'
import { sectionRows } from './management-table/sections.ts'
import { tenantRows } from './management-table/tenant.ts'
import { userRows } from './management-table/users.ts'
import { collectRoutes, type ServedRoute } from './routes.ts'
import { signedToken } from './signed-token.ts'

const rows: Rows = {
  // Before their person goes with the connection.
  ...factorRows,
  ...clientRows,
  ...connectionRows,
  ...guardianRows,
  ...phoneRows,
  ...actionRows,
  ...userRows,
  ...tenantRows,
  ...sectionRows,
}

type World = { server: TestServer; mine: Furniture; theirs: Furniture }

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const keyOf = ({ method, url }: ServedRoute) => `${method} ${url.slice('/api/v2'.length)}`

test('every endpoint of the Management API answers as its row says', async (t) => {
  const { built: server, routes } = await collectRoutes(() => testServer())
  const other = await testServer({ clock: server.clock })
  const world: World = {
    server,
    mine: await furnish(server, '+14155550137'),
    theirs: await furnish(other, '+14155550199'),
  }
  const served = routes.filter(({ scopes, method }) => scopes && methods.includes(method))

  await t.test('each route has its row, and each row its route, with the same scopes', () => {
    const scopesOf = (entries: Iterable<[string, readonly string[] | undefined]>) =>
      Object.fromEntries([...entries].sort(([one], [other]) => (one < other ? -1 : 1)))
    assert.deepEqual(
      scopesOf(served.map((route) => [keyOf(route), route.scopes])),
      scopesOf(Object.entries(rows).map(([key, { scopes }]) => [key, scopes])),
    )
  })
  // What is deleted is missing from then on.
  const isDelete = (route: ServedRoute) => Number(route.method === 'DELETE')
  const order = Object.keys(rows)
  const inOrder = served
    .filter((route) => rows[keyOf(route)] !== undefined)
    .sort(
      (one, two) =>
        isDelete(one) - isDelete(two) || order.indexOf(keyOf(one)) - order.indexOf(keyOf(two)),
    )
  for (const route of inOrder) {
    const row = rows[keyOf(route)]
    if (row !== undefined) await t.test(keyOf(route), () => walk(world, route, row))
  }
})

async function walk(world: World, route: ServedRoute, row: Row): Promise<void> {
  const { server, mine, theirs } = world
  const own = row.ids?.(mine) ?? []
  const body = typeof row.body === 'function' ? row.body(mine) : row.body
  const enough = await signedToken(server, {
    scope: [row.scopes[0], ...(row.also ?? [])].join(' '),
  })
  const call = async (ids: readonly string[], sent: unknown, token?: string): Promise<Reply> => {
    const answer = await server.request(route.method, pathOf(route, row, ids, mine), sent, {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(typeof sent === 'string' && { 'content-type': 'application/json' }),
    })
    await server.settle()
    return answer
  }

  await assertDoor(world, row, (token) => call(own, body, token))
  await assertReading(world, route, row, (query, token) =>
    server.request('GET', pathOf(route, { ...row, query }, own, mine), undefined, {
      authorization: `Bearer ${token}`,
    }),
  )
  if (row.ids !== undefined) {
    const others = row.ids(theirs)
    const foreign = others.some((id, index) => id !== own[index])
    if (row.unknown !== undefined) {
      const stranger = replaceLast(own, nobody(own.at(-1) ?? ''))
      assertAnswer(await call(stranger, body, enough), row.unknown, 'an id that nobody has')
      if (foreign) {
        const theirLast = replaceLast(own, others.at(-1) ?? '')
        assertAnswer(await call(theirLast, body, enough), row.unknown, "another tenant's id")
      }
    }
    if (row.unknownFirst !== undefined) {
      const [first = '', ...rest] = own
      assertAnswer(await call([nobody(first), ...rest], body, enough), row.unknownFirst, 'no first')
      assertAnswer(await call(others, body, enough), row.unknownFirst, 'all of another tenant')
    }
  }
  await assertBodies(route, row, body, (sent) => call(own, sent, enough))
  assertAnswer(await call(own, body, enough), row.answer, 'everything right')
}

/** No token, the wrong scope. */
async function assertDoor(
  { server }: World,
  row: Row,
  call: (token?: string) => Promise<Reply>,
): Promise<void> {
  const others = managementScopes.filter((scope) => !row.scopes.includes(scope))
  const scoped = await signedToken(server, { scope: others.join(' ') })
  assertAnswer(await call(), refused(401, 'Missing authentication'), 'no token')
  assertAnswer(await call(scoped), insufficient(row), 'every scope but the right ones')
}

/** Of reads: each of the scopes will do, and a page size that is no number is refused. */
async function assertReading(
  { server, mine }: World,
  { method, query }: ServedRoute,
  row: Row,
  call: (query: string, token: string) => Promise<Reply>,
): Promise<void> {
  if (method !== 'GET') return
  const good = typeof row.query === 'function' ? row.query(mine) : (row.query ?? '')
  for (const scope of row.scopes) {
    const { body } = await call(good, await signedToken(server, { scope }))
    const told = Object(body).message
    assert.notEqual(told, insufficient(row).message, `${scope} alone`)
  }
  const { properties } = Object(query)
  const name = ['per_page', 'take'].find((one) => Object.hasOwn(Object(properties), one))
  if (name === undefined) return
  const token = await signedToken(server, { scope: [...row.scopes, ...(row.also ?? [])].join(' ') })
  assertAnswer(
    await call(`${name}=many`, token),
    refused(
      400,
      `Query validation error: 'Expected type integer but found type string' on property ${name}.`,
      'invalid_query_string',
    ),
    'a page size that is no number',
  )
}

const insufficient = ({ scopes }: Row): Refusal =>
  refused(403, `Insufficient scope, expected any of: ${scopes.join(',')}`, 'insufficient_scope')

/** Bodies that are none, and bodies with a member too many. */
async function assertBodies(
  { body: schema, method }: ServedRoute,
  row: Row,
  body: unknown,
  call: (sent: unknown) => Promise<Reply>,
): Promise<void> {
  if (method === 'GET' || method === 'DELETE') return
  const malformed = (reason: string) =>
    refused(400, `Payload validation error: ${reason}.`, 'invalid_body')
  assertAnswer(await call('{"'), malformed("'Body is not valid JSON'"), 'broken JSON')
  if (row.anyBody) {
    assert.equal(schema, undefined, 'a row says that any body will do')
    return
  }
  assert.ok(schema !== undefined, 'a route with a body has a schema for it')
  const type = typeOf(schema)
  const wrong = malformed(`'Expected type ${type} but found type string'`)
  assertAnswer(await call('"text"'), wrong, 'a text')
  if (type === 'array') return
  const surprised = await call({ ...Object(body), surprise: 1 })
  const closed = malformed("'Additional properties not allowed: surprise'")
  if (row.open) assert.notEqual(surprised.body.message, closed.message)
  else assertAnswer(surprised, closed, 'a member too many')
}

const typeOf = (schema: TSchema) => String((schema as { type?: unknown }).type)

function pathOf({ url }: ServedRoute, row: Row, ids: readonly string[], mine: Furniture): string {
  const left = [...ids]
  const path = url.replace(/:\w+/g, () => encodeURIComponent(left.shift() ?? 'missing'))
  const query = typeof row.query === 'function' ? row.query(mine) : row.query
  return query === undefined ? path : `${path}?${query}`
}

/** An id of the same form that nobody has. */
const nobody = (id: string) => id.slice(0, -4) + (/^\d+$/.test(id) ? '0000' : 'ffff')

const replaceLast = (ids: readonly string[], last: string) => [...ids.slice(0, -1), last]

function assertAnswer(answer: Reply, expected: Refusal | number, when: string): void {
  if (typeof expected === 'number') {
    assert.equal(answer.status, expected, `${when}: ${answer.text}`)
    return
  }
  assert.deepEqual(answer.body, expected, when)
  assert.equal(answer.status, expected.statusCode, when)
  assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8', when)
}
