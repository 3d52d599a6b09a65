import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../domain/deps.ts'
import type { Tenant } from '../../domain/tenant.ts'
import { writeTenantLog } from '../../domain/tenant-logs.ts'
import type { SafeRequest, UnsafeRequest } from '../../oidc/authorize.ts'
import { openBrowserSession } from '../../oidc/browser-session.ts'
import { type LoginRequest, requestParameter } from '../../oidc/login-request.ts'
import { oidcProvider } from '../../oidc/provider.ts'
import { rememberRequest } from '../../oidc/request-context.ts'
import { renderProblem, sendProblem } from './error-page.ts'

/** How a request to `/authorize`, or to what goes on there, is read and answered. */

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

/** Has the library tell the application why not, in the way that the request asked for. */
export async function tellRefusal(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  refused: Pick<SafeRequest, 'query' | 'request'> & { refusal: LoginRequest['refusal'] },
): Promise<undefined> {
  const { query, refusal } = refused
  query.set(requestParameter, JSON.stringify({ ...refused.request, refusal }))
  await handOver(deps, request, reply, `/authorize?${query}`)
  return undefined
}

/**
 * Logs a person in whom another page has judged: the browser gets a session and asks once more.
 *
 * @param on.spent parameters that were for this request alone
 */
export async function goOnWithSession(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  on: { userId: string; parameters: URLSearchParams; spent: readonly string[] },
): Promise<FastifyReply> {
  const { tenant, raw } = request
  speakForTenant(tenant, raw)
  await openBrowserSession(deps, tenant, { req: raw, res: reply.raw }, on.userId)
  for (const name of on.spent) on.parameters.delete(name)
  return reply.header('cache-control', 'no-store').redirect(`/authorize?${on.parameters}`, 303)
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
function speakForTenant(tenant: Tenant, raw: IncomingMessage): void {
  const { host, protocol } = new URL(tenant.url)
  Object.assign(raw.headers, {
    'x-forwarded-host': host,
    'x-forwarded-proto': protocol.slice(0, -1),
  })
}
