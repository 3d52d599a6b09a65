import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../base/app-error.ts'
import { passwordlessOtpGrant } from '../../contract/passwordless.ts'
import { crossOriginLogin } from '../../domain/cross-origin-login.ts'
import type { Deps } from '../../domain/deps.ts'
import { limitLoginStarts } from '../../domain/login-start-limit.ts'
import { allowsLegacyVerify } from '../../domain/tenant-flags.ts'
import { readAuthorizeRequest, type SafeRequest } from '../../oidc/authorize.ts'
import { authenticationErrors } from '../authentication-api/errors.ts'
import {
  goOnWithSession,
  handOver,
  parametersOf,
  sendUnsafe,
  tellRefusal,
} from './authorize-request.ts'

/**
 * `GET /passwordless/verify_redirect`: where an application's own page sends the browser with a code that
 * `POST /passwordless/verify` found right. The code is used here, and what it gives is a session, with which
 * the browser asks at `/authorize`. Off unless the tenant's flag says otherwise.
 *
 * Source: authentication-api 1.2.
 */
export function verifyRedirectRoutes(app: FastifyInstance, deps: Deps): void {
  const finish = async (request: FastifyRequest, reply: FastifyReply) => {
    const { tenant } = request
    if (!allowsLegacyVerify(tenant)) return sendDisabled(reply)
    const parameters = parametersOf(request)
    const read = await readAuthorizeRequest(deps, tenant, parameters)
    if ('problem' in read) return sendUnsafe(deps, request, reply, read)
    await limitLoginStarts(deps, tenant, { client: read.client, ip: request.ip })
    // Refused whoever comes: the code stays good.
    if (read.request.refusal !== null) {
      return handOver(deps, request, reply, `/authorize?${read.query}`)
    }
    const person = await logIn(deps, request, read, parameters)
    if ('refusal' in person) return tellRefusal(deps, request, reply, { ...read, ...person })
    return goOnWithSession(deps, request, reply, { ...person, parameters, spent })
  }
  // No HEAD: it would use the code up.
  const shown = { exposeHeadRoute: false }
  app.get('/passwordless/verify_redirect', shown, finish)
  // As the documentation spells it.
  app.get('/passwordless/verify-redirect', shown, finish)
}

/** What this request was for alone; the session answers the rest. */
const spent = ['phone_number', 'verification_code', 'connection', 'protocol', 'prompt']

/** A refusal is told to the application, which has a page for it. */
async function logIn(
  deps: Deps,
  request: FastifyRequest,
  { client }: SafeRequest,
  parameters: URLSearchParams,
): Promise<{ userId: string } | { refusal: { error: string; description: string } }> {
  try {
    return await crossOriginLogin(deps, request.tenant, {
      ...{ client, credentialType: passwordlessOtpGrant },
      username: parameters.get('phone_number') ?? '',
      secret: parameters.get('verification_code') ?? '',
      realm: parameters.get('connection') ?? '',
      ip: request.ip,
      userAgent: (request.headers['user-agent'] ?? '').slice(0, 500),
    })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const known: Partial<Record<string, { error: string; description: string }>> =
      authenticationErrors
    const wire = known[error.code]
    if (wire === undefined) throw error
    const description = error.details.message ?? wire.description
    return { refusal: { error: wire.error, description } }
  }
}

function sendDisabled(reply: FastifyReply): FastifyReply {
  const { status, error, description } = authenticationErrors.endpoint_disabled
  return reply
    .header('cache-control', 'no-store')
    .code(status)
    .send({ error, error_description: description })
}
