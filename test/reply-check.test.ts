import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify, { type FastifyContextConfig } from 'fastify'
import { Type } from 'typebox'
import { withCheckedReplies } from './reply-check.ts'

const Thing = Type.Object({
  id: Type.String(),
  inner: Type.Optional(Type.Object({ a: Type.Integer() })),
})

/** What a route with this declaration and this answer comes to. */
async function answer(
  config: FastifyContextConfig,
  body: unknown,
  status = 200,
): Promise<{ status: number; text: string }> {
  const app = await withCheckedReplies(async () => Fastify())
  app.get('/', { config }, (_request, reply) => reply.code(status).send(body))
  const { statusCode, payload } = await app.inject('/')
  await app.close()
  return { status: statusCode, text: payload }
}

test('an answer as declared passes, and is not touched', async () => {
  const reply = { 200: Thing, 204: null }

  assert.deepEqual(await answer({ reply }, { id: 'x', inner: { a: 1 } }), {
    status: 200,
    text: '{"id":"x","inner":{"a":1}}',
  })
  assert.equal((await answer({ reply }, undefined, 204)).status, 204)
  assert.equal((await answer({}, { anything: true })).status, 200)
})

test('an answer that differs is a failure that says where', async () => {
  const reply = { 200: Thing, 202: null }
  for (const [body, status, where] of [
    [{ id: 1 }, 200, '/id'],
    [{}, 200, 'id'],
    [{ id: 'x', more: 1 }, 200, 'more'],
    [{ id: 'x', inner: { a: 1, b: 2 } }, 200, '/inner'],
    [{ id: 'x' }, 201, 'does not declare'],
    [{ id: 'x' }, 202, 'declares none'],
  ] as const) {
    const found = await answer({ reply }, body, status)
    assert.equal(found.status, 500, JSON.stringify(body))
    assert.ok(found.text.includes(where), `${found.text} says ${where}`)
  }
})

test('open objects and lists of alternatives are what they say', async () => {
  const Open = Type.Object({}, { additionalProperties: true })
  const list = Type.Union([Type.Array(Thing), Type.Object({ things: Type.Array(Thing) })])

  assert.equal((await answer({ reply: { 200: Open } }, { a: 1 })).status, 200)
  assert.equal((await answer({ reply: { 200: list } }, [{ id: 'x' }])).status, 200)
  assert.equal((await answer({ reply: { 200: list } }, { things: [] })).status, 200)
  assert.equal((await answer({ reply: { 200: list } }, { things: [], more: 1 })).status, 500)
})

test('a refusal has the shape of its API', async () => {
  const refusal = { statusCode: 404, error: 'Not Found', message: 'Not Found' }
  const scopes = ['read:things']

  assert.equal((await answer({ scopes, reply: {} }, refusal, 404)).status, 404)
  assert.equal((await answer({ scopes }, { error: 'not_found' }, 404)).status, 500)
  assert.equal((await answer({ reply: {} }, refusal, 404)).status, 500)
  const oauth = { error: 'invalid_grant', error_description: 'No' }
  assert.equal((await answer({ reply: {} }, oauth, 403)).status, 403)
})
