import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isOriginOfClient } from '../../domain/client-origins.ts'
import type { Client } from '../../domain/tenant.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The client that a request turned out to concern; decides which pages may read the answer. */
    concernedClient: Client | undefined
  }
  interface FastifyContextConfig {
    /** `any`: every page may read it, it concerns no client. `credentials`: cookies go with it. */
    cors?: 'any' | 'credentials'
  }
}

const allowedHeaders =
  'content-type, authorization, auth0-client, x-request-language, dpop, auth0-custom-domain'
const allowedMethods = 'GET, POST, PATCH, DELETE'
const exposedHeaders =
  'x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, retry-after, www-authenticate, dpop-nonce, location'

/**
 * Answers preflights and tells browsers which pages may read an answer: any page where the route says
 * so, else the pages of the concerned client. As long as no client is known (a preflight, a body that
 * cannot be read) the origin is echoed; nothing in such an answer belongs to anybody.
 *
 * Source: authentication-api 0.8.
 */
export function allowCrossOrigin(app: FastifyInstance): void {
  app.decorateRequest('concernedClient', undefined)
  app.addHook('onRequest', async (request, reply) => {
    if (request.method !== 'OPTIONS') return
    writeCorsHeaders(request, reply)
    return reply
      .code(204)
      .headers({
        'access-control-allow-methods': allowedMethods,
        'access-control-allow-headers': allowedHeaders,
        'access-control-max-age': '600',
      })
      .send()
  })
  app.addHook('onSend', async (request, reply) => writeCorsHeaders(request, reply))
}

/** The headers of an answer; also for one that bypasses Fastify's reply. */
export function corsHeaders(request: FastifyRequest): Record<string, string> {
  if (request.routeOptions.config.cors === 'any') return { 'access-control-allow-origin': '*' }
  const { origin } = request.headers
  const headers: Record<string, string> = { vary: 'Origin' }
  if (origin === undefined) return headers
  const client = request.concernedClient
  const mayRead =
    client === undefined || origin === request.tenant.url || isOriginOfClient(client, origin)
  if (!mayRead) return headers
  return {
    ...headers,
    'access-control-allow-origin': origin,
    ...(request.routeOptions.config.cors === 'credentials' && {
      'access-control-allow-credentials': 'true',
    }),
    'access-control-expose-headers': exposedHeaders,
  }
}

function writeCorsHeaders(request: FastifyRequest, reply: FastifyReply): void {
  for (const [name, value] of Object.entries(corsHeaders(request))) reply.header(name, value)
}
