import { timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { keyedHash } from '../../base/secret-box.ts'
import { isRegisteredReturn } from '../../domain/address-match.ts'
import type { Deps } from '../../domain/deps.ts'
import type { Client, Tenant } from '../../domain/tenant.ts'
import { writeTenantLog } from '../../domain/tenant-logs.ts'
import {
  type BrowserSession,
  browserSession,
  forgottenCookies,
} from '../../oidc/browser-session.ts'
import { readLogoutHint } from '../../oidc/logout-hint.ts'
import { sendProblem } from './error-page.ts'
import { sendScreen } from './screen.ts'
import { loggedOutView, logoutView } from './screens/logout-view.ts'

/** Both ways out: Auth0's own, and that of OpenID Connect. */
export function logoutRoutes(app: FastifyInstance, deps: Deps): void {
  app.get('/v2/logout', (request, reply) => logOut(deps, request, reply))
  const rpInitiated = (request: FastifyRequest, reply: FastifyReply) =>
    logOutByHint(deps, request, reply)
  app.get('/oidc/logout', rpInitiated)
  app.post('/oidc/logout', rpInitiated)
}

type Parameters = Readonly<Record<string, string | undefined>>

const parametersOf = (request: FastifyRequest): Parameters =>
  Object.fromEntries(
    Object.entries({ ...Object(request.query), ...Object(request.body) }).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
    ),
  )

const listOf = (value: unknown): readonly string[] => (value as readonly string[] | undefined) ?? [] // checked when written

/**
 * `/v2/logout`: ends the session, then looks where to go; an address that is not registered leads to a
 * page, but the person is logged out all the same.
 *
 * Source: authentication-api 1.13.
 */
async function logOut(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { tenant } = request
  const { returnTo, client_id: clientId } = parametersOf(request)
  const client = clientId === undefined ? undefined : await tenant.client(clientId)
  const session = await sessionOf(deps, request, reply)
  const registered = listOf(
    clientId === undefined
      ? tenant.settings.allowed_logout_urls
      : client?.document.allowed_logout_urls,
  )
  const target = returnTo ?? (clientId === undefined ? undefined : registered[0])
  const isAllowed = target === undefined || isRegisteredReturn(registered, target)
  await endSession(deps, request, reply, { session, client, isAllowed })
  if (!isAllowed) return sendProblem(deps, request, reply, { client, reason: 'logout-mismatch' })
  if (target !== undefined) return reply.redirect(target, 302)
  return reply.type('text/plain; charset=utf-8').send('OK')
}

const sessionOf = (deps: Deps, request: FastifyRequest, reply: FastifyReply) =>
  browserSession(deps, request.tenant, { req: request.raw, res: reply.raw })

async function endSession(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  logout: { session: BrowserSession | undefined; client: Client | undefined; isAllowed: boolean },
): Promise<void> {
  const { session, client, isAllowed } = logout
  reply.header('cache-control', 'no-store').header('set-cookie', forgottenCookies(request.tenant))
  await session?.end()
  if (session === undefined && isAllowed) return
  await writeTenantLog(deps, request.tenant, {
    ...(isAllowed
      ? { type: 'slo', description: 'Logged out' }
      : { type: 'flo', description: 'The address to return to is not registered' }),
    ip: request.ip,
    user_agent: (request.headers['user-agent'] ?? '').slice(0, 500),
    ...(client && { client_id: client.clientId, client_name: client.name }),
    ...(session && { user_id: session.userId }),
  })
}

/**
 * `/oidc/logout`: at once where the hint is of this browser's session, else the person is asked, because
 * any page could send a browser here.
 *
 * Source: authentication-api 1.13; OpenID Connect RP-Initiated Logout 1.0.
 */
async function logOutByHint(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { tenant } = request
  const given = parametersOf(request)
  const hint =
    given.id_token_hint === undefined
      ? undefined
      : await readLogoutHint(tenant, given.id_token_hint, deps.clock.now())
  const client = hint?.client ?? (await namedClient(tenant, given))
  const isMalformed =
    (given.id_token_hint !== undefined && hint === undefined) ||
    (given.client_id !== undefined && client?.clientId !== given.client_id)
  if (isMalformed) {
    return sendProblem(deps, request, reply, { client, reason: 'invalid-request' })
  }
  const target = given.post_logout_redirect_uri
  const registered = listOf(
    client === undefined
      ? tenant.settings.allowed_logout_urls
      : client.document.allowed_logout_urls,
  )
  if (target !== undefined && !registered.includes(target)) {
    return sendProblem(deps, request, reply, { client, reason: 'callback-mismatch' })
  }
  const session = await sessionOf(deps, request, reply)
  if (session !== undefined && !isWanted(tenant, request, session, given, hint?.sid)) {
    return ask(deps, request, reply, { session, client, given })
  }
  await endSession(deps, request, reply, { session, client, isAllowed: true })
  if (target === undefined) return sayGoodbye(deps, request, reply, client, given)
  const url = new URL(target)
  if (given.state !== undefined) url.searchParams.set('state', given.state)
  return reply.redirect(url.href, 302)
}

const namedClient = async (tenant: Tenant, { client_id }: Parameters) =>
  client_id === undefined ? undefined : tenant.client(client_id)

/** The hint names this very session, or the person has just said so on our page. */
function isWanted(
  tenant: Tenant,
  request: FastifyRequest,
  session: BrowserSession,
  given: Parameters,
  sid: string | undefined,
): boolean {
  if (sid === session.sid || given.logout_hint === session.sid) return true
  const sessions = tenant.settings.sessions as { oidc_logout_prompt_enabled?: boolean } | undefined // kept as it was sent
  if (sessions?.oidc_logout_prompt_enabled === false) return true
  if (request.method !== 'POST' || given.confirmed !== 'yes') return false
  const [sent, made] = [Buffer.from(given.token ?? ''), Buffer.from(tokenOf(tenant, session))]
  return sent.length === made.length && timingSafeEqual(sent, made)
}

/** Only a page that we gave to this session can hold it. */
const tokenOf = (tenant: Tenant, { id }: BrowserSession): string =>
  keyedHash(tenant.hashKey, 'logout', id).toString('base64url')

const kept = [
  'id_token_hint',
  'post_logout_redirect_uri',
  'client_id',
  'state',
  'ui_locales',
] as const

function ask(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: { session: BrowserSession; client: Client | undefined; given: Parameters },
): Promise<FastifyReply> {
  const { session, client, given } = asked
  const fields: Record<string, string> = { token: tokenOf(request.tenant, session) }
  for (const name of kept) {
    const value = given[name]
    if (value !== undefined) fields[name] = value
  }
  return sendScreen(deps, request, reply, {
    ...{ name: 'logout', client, state: '', locales: given.ui_locales ?? null },
    view: (shown) => logoutView(shown, { fields }),
  })
}

const sayGoodbye = (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  client: Client | undefined,
  given: Parameters,
): Promise<FastifyReply> =>
  sendScreen(deps, request, reply, {
    ...{ name: 'logout', client, state: '', locales: given.ui_locales ?? null },
    view: loggedOutView,
  })
