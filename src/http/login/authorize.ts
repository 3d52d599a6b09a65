import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../domain/deps.ts'
import { limitLoginStarts } from '../../domain/login-start-limit.ts'
import { spendLoginTicket } from '../../domain/login-tickets.ts'
import type { Tenant } from '../../domain/tenant.ts'
import { writeTenantLog } from '../../domain/tenant-logs.ts'
import { readAuthorizeRequest, type SafeRequest, type UnsafeRequest } from '../../oidc/authorize.ts'
import { openBrowserSession } from '../../oidc/browser-session.ts'
import { requestParameter } from '../../oidc/login-request.ts'
import { oidcProvider } from '../../oidc/provider.ts'
import { cookieNames, rememberRequest } from '../../oidc/request-context.ts'
import { readCookie } from './cookies.ts'
import { renderProblem, sendProblem } from './error-page.ts'

/** `/authorize`, and where the pages send the browser back to. The library answers both. */
export function authorizeRoutes(app: FastifyInstance, deps: Deps): void {
  const begin = async (request: FastifyRequest, reply: FastifyReply) => {
    const read = await readAuthorizeRequest(deps, request.tenant, parametersOf(request))
    if ('problem' in read) return sendUnsafe(deps, request, reply, read)
    await limitLoginStarts(deps, request.tenant, { client: read.client, ip: request.ip })
    if (read.ticket !== undefined) return logInByTicket(deps, request, reply, read, read.ticket)
    return handOver(deps, request, reply, `/authorize?${read.query}`)
  }
  // No HEAD: it would begin a login, or spend one, and nobody would see it.
  const shown = { exposeHeadRoute: false }
  app.get('/authorize', shown, begin)
  app.post('/authorize', begin)
  app.get<{ Params: { uid: string } }>('/authorize/:uid', shown, async (request, reply) =>
    handOver(deps, request, reply, `/authorize/${encodeURIComponent(request.params.uid)}`),
  )
}

/** The query, and the form of a request that is posted: SDKs that hide parameters from logs do so. */
export function parametersOf(request: FastifyRequest): URLSearchParams {
  const mark = request.url.indexOf('?')
  const query = new URLSearchParams(mark === -1 ? '' : request.url.slice(mark + 1))
  for (const [name, value] of Object.entries(Object(request.body)))
    query.append(name, String(value))
  return query
}

/**
 * Gives the raw request to the library, as one to the tenant's own address: what a caller says of host
 * and scheme decides about nothing.
 */
export async function handOver(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  url: string,
): Promise<void> {
  const { tenant, raw } = request
  const provider = await oidcProvider(deps, tenant)
  rememberRequest(raw, {
    ...{ ip: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, 500) },
    errorPage: () => renderProblem(deps, request, 'transaction-not-found'),
  })
  speakForTenant(tenant, raw)
  raw.headers.accept = 'text/html'
  raw.method = 'GET'
  raw.url = url
  reply.hijack()
  await provider.callback()(raw, reply.raw)
}

/**
 * Goes on with a login on the application's own page. What the ticket gives is a session, so the browser
 * asks once more, without the ticket; one that is worth nothing is told like no session at all.
 */
async function logInByTicket(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  read: SafeRequest,
  ticket: string,
): Promise<FastifyReply | undefined> {
  const { tenant, raw } = request
  const userId = await spendLoginTicket(deps, tenant, {
    ...{ ticket, client: read.client },
    cookie: readCookie(request, cookieNames(tenant).crossOrigin),
  })
  if (userId === undefined) {
    const refusal = { error: 'login_required', description: 'Login required' }
    read.query.set(requestParameter, JSON.stringify({ ...read.request, refusal }))
    await handOver(deps, request, reply, `/authorize?${read.query}`)
    return undefined
  }
  speakForTenant(tenant, raw)
  await openBrowserSession(deps, tenant, { req: raw, res: reply.raw }, userId)
  const again = parametersOf(request)
  for (const name of ['login_ticket', 'realm', 'connection', 'prompt']) {
    if (name !== 'prompt' || again.get(name) !== 'none') again.delete(name)
  }
  return reply.header('cache-control', 'no-store').redirect(`/authorize?${again}`, 303)
}

const reasons = {
  malformed: 'invalid-request',
  client: 'unknown-client',
  callback: 'callback-mismatch',
  web_origin: 'web-origin-mismatch',
} as const satisfies Record<UnsafeRequest['problem'], string>

/** Logs what cannot be told to the application, and shows it on a page. */
export async function sendUnsafe(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { problem, description, client }: UnsafeRequest,
): Promise<FastifyReply> {
  await writeTenantLog(deps, request.tenant, {
    ...{ type: 'f', description, ip: request.ip },
    user_agent: (request.headers['user-agent'] ?? '').slice(0, 500),
    ...(client && { client_id: client.clientId, client_name: client.name }),
  })
  return sendProblem(deps, request, reply, { client, reason: reasons[problem] })
}

/** What a caller says of host and scheme decides about nothing: the tenant's own address counts. */
export function speakForTenant(tenant: Tenant, raw: IncomingMessage): void {
  const { host, protocol } = new URL(tenant.url)
  Object.assign(raw.headers, {
    'x-forwarded-host': host,
    'x-forwarded-proto': protocol.slice(0, -1),
  })
}
