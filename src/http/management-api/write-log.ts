import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../domain/deps.ts'
import { redact, redactText } from '../../domain/redaction.ts'
import { writeTenantLog } from '../../domain/tenant-logs.ts'

const writes = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

declare module 'fastify' {
  interface FastifySchema {
    /** What the operation does, in the words of the original; the description of its log entry. */
    summary?: string
  }
  interface FastifyContextConfig {
    /** Successful writes through this route leave no entry (a search by POST, say). */
    unlogged?: boolean
    /** Members of bodies and replies that the log must not show, besides all secrets. */
    hidden?: ReadonlySet<string>
  }
}

/**
 * Leaves one `sapi` entry in the tenant log for each successful write, before the reply goes out: who
 * reads the log after a write finds it. Secrets and numbers in it are masked.
 */
export function logWrites(app: FastifyInstance, deps: Deps): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const { config } = request.routeOptions
    if (!writes.has(request.method) || reply.statusCode >= 300 || request.is404) return payload
    if (config.unlogged) return payload
    try {
      await writeTenantLog(deps, request.tenant, entryOf(request, reply, payload))
    } catch (error) {
      // The write itself has happened; a 500 would make the caller repeat it.
      deps.log.error({ err: error, route: request.routeOptions.url }, 'a write was not logged')
    }
    return payload
  })
}

function entryOf(request: FastifyRequest, reply: FastifyReply, payload: unknown) {
  const [path = '', query = ''] = request.url.split('?', 2)
  const correlationId = request.headers['x-correlation-id']
  const userAgent = request.headers['user-agent'] ?? ''
  const { access } = request
  const hidden = request.routeOptions.config.hidden
  return {
    type: 'sapi',
    description: request.routeOptions.schema?.summary ?? '',
    client_id: access.clientId,
    ip: request.ip,
    user_agent: userAgent,
    details: {
      request: {
        method: request.method.toLowerCase(),
        path: redactText(path),
        query: redact(Object.fromEntries(new URLSearchParams(query))),
        userAgent,
        body: redact(request.body ?? {}, hidden),
        channel: 'api',
        ip: request.ip,
        auth: {
          user: {},
          strategy: 'jwt',
          credentials: { jti: access.jti, scopes: [...access.scopes] },
        },
      },
      response: { statusCode: reply.statusCode, body: redact(replyBody(payload), hidden) },
    },
    ...(typeof correlationId === 'string' && { correlation_id: correlationId.slice(0, 64) }),
  } as const
}

function replyBody(payload: unknown): unknown {
  if (typeof payload !== 'string' || payload === '') return {}
  return JSON.parse(payload)
}
