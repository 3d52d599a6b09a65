import type { FastifyError, FastifyPluginAsync } from 'fastify'
import { AppError } from '../../base/app-error.ts'
import type { Deps } from '../../domain/deps.ts'
import { acceptBodies } from '../authentication-api/bodies.ts'
import { hasHungUp } from '../hung-up.ts'
import { loginAssetRoutes } from './assets.ts'
import { authorizeRoutes } from './authorize.ts'
import { deliveryRoute } from './delivery.ts'
import { sendProblem } from './error-page.ts'
import { loginIdRoutes } from './login-id.ts'
import { loginPasswordRoutes } from './login-password.ts'
import { logoutRoutes } from './logout.ts'
import { mfaPageRoutes } from './mfa/routes.ts'
import { passwordlessCodeRoutes } from './passwordless-code.ts'
import { themeRoute } from './theme-route.ts'
import { verifyRedirectRoutes } from './verify-redirect.ts'

/**
 * The browser's way: `/authorize`, the sign-in pages and logout. One scope: forms as bodies, and pages
 * for errors.
 */
export const loginPages: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  acceptBodies(app)
  app.setErrorHandler(async (error: FastifyError | Error, request, reply) => {
    // No tenant, no looks: the server's own answer.
    if (request.tenant === undefined) throw error
    const { status, reason } = problemOf(error)
    if (status >= 500 && !hasHungUp(request, error)) {
      deps.log.error({ err: error, route: request.routeOptions.url }, 'a sign-in page failed')
    }
    if (error instanceof AppError && error.details.retryAfterS !== undefined) {
      reply.header('retry-after', String(Math.ceil(error.details.retryAfterS)))
    }
    return sendProblem(deps, request, reply, { reason, status })
  })
  loginAssetRoutes(app)
  themeRoute(app, deps)
  authorizeRoutes(app, deps)
  verifyRedirectRoutes(app, deps)
  loginIdRoutes(app, deps)
  loginPasswordRoutes(app, deps)
  passwordlessCodeRoutes(app, deps)
  deliveryRoute(app, deps)
  mfaPageRoutes(app, deps)
  logoutRoutes(app, deps)
}

function problemOf(error: FastifyError | Error): { status: number; reason: string } {
  if (error instanceof AppError && error.code === 'too_many_requests') {
    return { status: 429, reason: 'too-many-requests' }
  }
  const told = 'statusCode' in error ? (error.statusCode ?? 500) : 500
  const isTheirs = error instanceof AppError || (told >= 400 && told < 500)
  return { status: isTheirs ? 400 : 500, reason: 'authentication-failure' }
}
