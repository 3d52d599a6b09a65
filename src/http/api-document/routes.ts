import { createHash } from 'node:crypto'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { registerPageAssets, setPageHeaders } from '../pages/page-assets.ts'
import type { DocumentedRoute } from './collect-routes.ts'
import { openApiDocument } from './openapi.ts'
import { documentPage } from './page.ts'

/** A text that is the same for everybody until the program changes. */
type Fixed = { text: string; type: string; etag: string }

/**
 * `GET /api/v2/openapi.json`: the document of the API, for anyone, and `GET /api/v2/docs`, the same to
 * be read by people. Made with the first request that asks for it, from the routes that are served.
 *
 * @param options.documented complete once the server is ready
 */
export const apiDocumentRoutes: FastifyPluginAsync<{
  documented: readonly DocumentedRoute[]
}> = async (app, { documented }) => {
  let json: Fixed | undefined
  app.get('/api/v2/openapi.json', (request, reply) => {
    json ??= fixed(JSON.stringify(openApiDocument(documented)), 'application/json; charset=utf-8')
    reply.header('access-control-allow-origin', '*').header('x-content-type-options', 'nosniff')
    return sendFixed(request, reply, json)
  })

  registerPageAssets(app)
  let page: Fixed | undefined
  app.get('/api/v2/docs', (request, reply) => {
    page ??= fixed(documentPage(openApiDocument(documented)), 'text/html; charset=utf-8')
    setPageHeaders(reply)
    return sendFixed(request, reply, page)
  })
}

const fixed = (text: string, type: string): Fixed => ({
  text,
  type,
  etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`,
})

function sendFixed(request: FastifyRequest, reply: FastifyReply, { text, type, etag }: Fixed) {
  reply.header('cache-control', 'public, max-age=300').header('etag', etag)
  const known = request.headers['if-none-match']
  if (known?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)) {
    return reply.code(304).send()
  }
  return reply.type(type).send(text)
}
