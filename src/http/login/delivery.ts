import type { FastifyInstance } from 'fastify'
import { AppError } from '../../base/app-error.ts'
import type { Deps } from '../../domain/deps.ts'
import { passwordlessStatus } from '../../domain/passwordless-status.ts'
import { findLogin } from '../../oidc/login-transaction.ts'
import { cookieNames } from '../../oidc/request-context.ts'
import { readCookie } from './cookies.ts'
import { textStepsOf } from './send-code.ts'

/**
 * What became of the newest message of a login, for the script of its page. It tells the same for numbers
 * that nobody has.
 */
export function deliveryRoute(app: FastifyInstance, deps: Deps): void {
  app.get<{ Querystring: { state?: string } }>('/u/delivery', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const login = await findLogin(deps, request.tenant, {
      state: String(request.query.state ?? ''),
      cookie: readCookie(request, cookieNames(request.tenant).browser),
    })
    const challenge = login && textStepsOf(login)?.challenge
    if (login === undefined || challenge === undefined)
      return reply.code(404).send({ error: 'not_found' })
    try {
      const { state, final } = await passwordlessStatus(deps, request.tenant, {
        ...{ id: challenge, ip: request.ip, login: login.stateHash },
      })
      return { state, final }
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      const { retryAfterS } = error.details
      if (retryAfterS !== undefined) reply.header('retry-after', String(Math.ceil(retryAfterS)))
      return reply
        .code(error.code === 'too_many_requests' ? 429 : 404)
        .send({ error: error.code === 'too_many_requests' ? 'too_many_requests' : 'not_found' })
    }
  })
}
