import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../domain/deps.ts'
import { limitLoginStarts } from '../../domain/login-start-limit.ts'
import { spendLoginTicket } from '../../domain/login-tickets.ts'
import { readAuthorizeRequest, type SafeRequest } from '../../oidc/authorize.ts'
import { cookieNames } from '../../oidc/request-context.ts'
import {
  goOnWithSession,
  handOver,
  parametersOf,
  sendUnsafe,
  tellRefusal,
} from './authorize-request.ts'
import { readCookie } from './cookies.ts'

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
  const { tenant } = request
  const userId = await spendLoginTicket(deps, tenant, {
    ...{ ticket, client: read.client },
    cookie: readCookie(request, cookieNames(tenant).crossOrigin),
  })
  if (userId === undefined) {
    const refusal = { error: 'login_required', description: 'Login required' }
    return tellRefusal(deps, request, reply, { ...read, refusal })
  }
  const parameters = parametersOf(request)
  const spent = ['login_ticket', 'realm', 'connection']
  if (parameters.get('prompt') !== 'none') spent.push('prompt')
  return goOnWithSession(deps, request, reply, { userId, parameters, spent })
}
