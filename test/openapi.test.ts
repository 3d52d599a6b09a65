import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenApiDocument, Operation } from '../src/http/api-document/openapi.ts'
import { testServer } from './harness.ts'
import { collectRoutes } from './routes.ts'

const path = '/api/v2/openapi.json'
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

type Listed = { key: string; operation: Operation }

const operationsOf = (document: OpenApiDocument): Listed[] =>
  Object.entries(document.paths).flatMap(([url, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      key: `${method.toUpperCase()} ${url}`,
      operation,
    })),
  )

test('the document tells of every route of the Management API, with its scopes and replies', async () => {
  const { built: server, routes } = await collectRoutes(() => testServer())

  const { status, body } = await server.get(path)

  assert.equal(status, 200)
  const listed = new Map(operationsOf(body).map(({ key, operation }) => [key, operation]))
  const served = routes.filter(({ scopes, method }) => scopes && methods.includes(method))
  const silent = served.filter(({ replies }) => replies === undefined)
  assert.deepEqual(
    silent.map(({ method, url }) => `${method} ${url}`),
    [],
    'a route without config.reply',
  )
  for (const { method, url, scopes, alsoScopes, replies } of served) {
    const key = `${method} ${url.replace(/:(\w+)/g, '{$1}')}`
    const operation = listed.get(key)
    assert.ok(operation, key)
    assert.deepEqual(
      operation.security,
      scopes?.flatMap((scope) =>
        alsoScopes === undefined
          ? [{ managementToken: [scope] }]
          : alsoScopes.map((other) => ({ managementToken: [scope, other] })),
      ),
      key,
    )
    assert.notEqual(operation.summary, '', key)
    const told = Object.keys(operation.responses).filter((code) => Number(code) < 400)
    assert.deepEqual(told, Object.keys(replies ?? {}), key)
    assert.deepEqual(
      operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
      [...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      key,
    )
  }
})

test('the document is OpenAPI 3.1: names are unique, references lead somewhere', async () => {
  const server = await testServer()

  const { body } = await server.get(path)

  assert.equal(body.openapi, '3.1.0')
  const operations = operationsOf(body)
  const ids = operations.map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.match(id, /^[a-z][A-Za-z0-9_]+$/)
  const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/([^"]+)"/g)]
  assert.ok(references.length > 100)
  for (const [, reference = ''] of references) {
    const target = reference.split('/').reduce((node, step) => node?.[step], body)
    assert.ok(target, reference)
  }
  const scopes = new Set(
    Object.keys(body.components.securitySchemes.managementToken.flows.clientCredentials.scopes),
  )
  const unknown = operations
    .flatMap(({ operation }) =>
      operation.security.flatMap(({ managementToken = [] }) => managementToken),
    )
    .filter((scope) => !scopes.has(scope))
  assert.deepEqual(unknown, [], 'a scope that no token can have')
})

test('the Authentication API stands in the document, other methods and pages do not', async () => {
  const { built: server, routes } = await collectRoutes(() => testServer())

  const { body } = await server.get(path)

  // Each path has routes for all methods; those that refuse a method say nothing.
  const ofApi = /^\/(?:oauth|mfa|passwordless|co|userinfo|dbconnections|\.well-known)(?:\/|$)/
  // These have their addresses from the original, and are for browsers.
  const pages = new Set([
    ...['/mfa/enrollment', '/passwordless/verify_redirect', '/passwordless/verify-redirect'],
  ])
  const urls = new Set(
    routes.map(({ url }) => url).filter((url) => ofApi.test(url) && !pages.has(url)),
  )
  const silent = [...urls].filter(
    (url) => !routes.some((route) => route.url === url && route.replies !== undefined),
  )
  assert.deepEqual(silent, [], 'a path whose routes have no config.reply')
  assert.deepEqual(Object.keys(body.paths['/oauth/token']), ['post'])
  assert.deepEqual(Object.keys(body.paths['/userinfo']), ['get', 'post'])
  assert.equal(
    body.paths['/passwordless/start'].post.responses[401].$ref,
    '#/components/responses/UnauthorizedOfAuthentication',
  )
  assert.equal(body.paths['/inbox'], undefined)
  assert.equal(body.paths['/demo'], undefined)
})

test('the document needs no token, may be kept, and is the same on every host', async () => {
  const [server, other] = [await testServer(), await testServer()]

  const first = await server.get(path)
  const again = await server.get(path, { 'if-none-match': String(first.headers.etag) })

  assert.match(String(first.headers['cache-control']), /^public, max-age=\d+$/)
  assert.equal(first.headers['access-control-allow-origin'], '*')
  assert.deepEqual([again.status, again.text], [304, ''])
  assert.equal((await other.get(path)).text, first.text)
  assert.doesNotMatch(first.text, new RegExp(server.tenant.name))
})
