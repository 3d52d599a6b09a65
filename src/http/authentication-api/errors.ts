import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../base/app-error.ts'
import type { AuthenticationErrorCode } from '../../base/error-codes.ts'
import type { Logger } from '../../base/logger.ts'
import { hasHungUp } from '../hung-up.ts'

type WireError = {
  status: number
  error: string
  /** Where the refusal brings no text of its own. */
  description: string
}

/**
 * What each refusal looks like on the wire; SDKs compare names and some texts. The dotted names belong
 * to `/passwordless/start`. Source: authentication-api 0.3, 1.1 and 1.3.
 */
export const authenticationErrors: Record<AuthenticationErrorCode, WireError> = {
  bad_request: { status: 400, error: 'bad.request', description: 'The request is malformed.' },
  bad_client_id: {
    status: 400,
    error: 'bad.client_id',
    description: 'Missing required property: client_id',
  },
  bad_connection: {
    status: 400,
    error: 'bad.connection',
    description: 'Connection does not exist',
  },
  bad_auth_params: {
    status: 400,
    error: 'bad.authParams',
    description: 'error in authParams - invalid type (expected object)',
  },
  bad_phone_number: {
    status: 400,
    error: 'bad.phone_number',
    description: 'String does not match pattern: ^\\+[0-9]{1,15}$',
  },
  bad_send: { status: 400, error: 'bad.send', description: "send must be 'code'" },
  sms_provider_error: {
    status: 400,
    error: 'sms_provider_error',
    description: 'The message cannot be sent.',
  },
  invalid_client: { status: 401, error: 'invalid_client', description: 'Unauthorized' },
  invalid_request: {
    status: 400,
    error: 'invalid_request',
    description: 'The request is malformed.',
  },
  invalid_scope: {
    status: 400,
    error: 'invalid_scope',
    description: 'scope must be a string or an array of strings',
  },
  invalid_grant: { status: 403, error: 'invalid_grant', description: 'Invalid grant' },
  unauthorized_client: {
    status: 403,
    error: 'unauthorized_client',
    description: 'The client may not do this.',
  },
  unsupported_grant_type: {
    status: 400,
    error: 'unsupported_grant_type',
    description: 'The grant type is not supported.',
  },
  unsupported_token_type: {
    status: 400,
    error: 'unsupported_token_type',
    description: 'Only refresh tokens can be revoked.',
  },
  access_denied: { status: 403, error: 'access_denied', description: 'Access denied' },
  user_blocked: { status: 403, error: 'unauthorized', description: 'user is blocked' },
  blocked_user: { status: 403, error: 'blocked_user', description: 'user is blocked' },
  invalid_user_password: {
    status: 401,
    error: 'invalid_user_password',
    description: 'Wrong phone number or verification code.',
  },
  unauthorized_user: { status: 401, error: 'unauthorized', description: 'user is blocked' },
  cross_origin_off: {
    status: 401,
    error: 'unauthorized_client',
    description: 'Cross origin login not allowed.',
  },
  unsupported_credential_type: {
    status: 400,
    error: 'unsupported_credential_type',
    description: 'Unknown or unsupported credential_type.',
  },
  invalid_token: { status: 401, error: 'invalid_token', description: 'Unauthorized' },
  token_scope_missing: {
    status: 403,
    error: 'insufficient_scope',
    description: 'The token does not have the scope openid.',
  },
  mfa_required: {
    status: 403,
    error: 'mfa_required',
    description: 'Multifactor authentication required',
  },
  mfa_expired: { status: 403, error: 'expired_token', description: 'mfa_token is expired' },
  unsupported_challenge_type: {
    status: 401,
    error: 'unsupported_challenge_type',
    description: 'The user has no factor of the types that were asked for.',
  },
  association_required: {
    status: 401,
    error: 'association_required',
    description: 'The user has no factor yet.',
  },
  authenticator_not_found: {
    status: 404,
    error: 'not_found',
    description: 'The authenticator does not exist.',
  },
  status_unknown: {
    status: 404,
    error: 'not_found',
    description: 'No message of the last minutes has this id.',
  },
  method_not_allowed: {
    status: 405,
    error: 'method_not_allowed',
    description: 'The endpoint does not have this method.',
  },
  endpoint_disabled: {
    status: 404,
    error: 'endpoint_disabled',
    description: 'The endpoint is off for this tenant.',
  },
  too_many_attempts: {
    status: 429,
    error: 'too_many_attempts',
    description: 'Too many wrong codes for this number. Wait for some minutes before retrying.',
  },
  too_many_requests: {
    status: 429,
    error: 'too_many_requests',
    description: 'Too many requests. Wait before retrying.',
  },
  tenant_unknown: {
    status: 404,
    error: 'bad.tenant',
    description: 'error in tenant - tenant validation failed',
  },
  not_found: { status: 404, error: 'not_found', description: 'Not Found' },
  payload_too_large: {
    status: 413,
    error: 'invalid_request',
    description: 'The body is larger than 64 KiB.',
  },
  unsupported_media_type: {
    status: 415,
    error: 'invalid_request',
    description: 'The body must be JSON or a form.',
  },
}

/** The body of every refusal, whatever `Accept` says: SDKs parse it before they look at the status. */
export type AuthenticationErrorBody = { error: string; error_description: string }

/** The scope's error handler: one table, and 500 with nothing told for anything else. */
export const authenticationErrorHandler =
  (log: Logger) =>
  (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const refusal = error instanceof AppError ? error : refusalOf(error, request)
    const wire = refusal && wireOf(refusal)
    reply.type('application/json; charset=utf-8').header('cache-control', 'no-store')
    if (refusal === undefined || wire === undefined) {
      log.error(
        { err: error, method: request.method, route: request.routeOptions.url },
        'an authentication request failed',
      )
      return reply
        .code(500)
        .send({ error: 'server_error', error_description: 'Internal server error' })
    }
    const { retryAfterS, rateLimit, message } = refusal.details
    if (retryAfterS !== undefined) reply.header('retry-after', String(Math.ceil(retryAfterS)))
    if (rateLimit !== undefined) {
      reply.headers({
        'x-ratelimit-limit': String(rateLimit.limit),
        'x-ratelimit-remaining': String(rateLimit.remaining),
        'x-ratelimit-reset': String(Math.ceil(rateLimit.resetS)),
      })
    }
    const challenge = challengeFor(refusal, request, wire)
    if (challenge !== undefined) reply.header('www-authenticate', challenge)
    return reply.code(wire.status).send({
      error: wire.error,
      error_description: message ?? wire.description,
      ...refusal.details.members,
    })
  }

function wireOf({ code }: AppError): WireError | undefined {
  const table: Partial<Record<string, WireError>> = authenticationErrors
  return table[code]
}

/** RFC 6750 for tokens; RFC 6749 for a client that used Basic. A form's client is told nothing. */
function challengeFor(
  { code }: AppError,
  request: FastifyRequest,
  { error, description }: WireError,
): string | undefined {
  const { authorization } = request.headers
  if (code === 'invalid_token' && authorization === undefined) return 'Bearer'
  if (code === 'invalid_token' || code === 'token_scope_missing') {
    const scope = code === 'token_scope_missing' ? ', scope="openid"' : ''
    return `Bearer error="${error}", error_description="${description}"${scope}`
  }
  const usedBasic = code === 'invalid_client' && /^basic /i.test(authorization ?? '')
  return usedBasic ? 'Basic realm="oauth"' : undefined
}

/** Refusals that Fastify makes itself while it reads a request. */
function refusalOf(error: FastifyError | Error, request: FastifyRequest): AppError | undefined {
  if (hasHungUp(request, error)) return new AppError('invalid_request')
  if (!('code' in error) || !String(error.code).startsWith('FST_ERR_')) return undefined
  if (error.statusCode === 413) return new AppError('payload_too_large')
  if (error.statusCode === 415) return new AppError('unsupported_media_type')
  if (error.statusCode === 404) return new AppError('not_found')
  const status = error.statusCode ?? 500
  return status >= 400 && status < 500 ? new AppError('invalid_request') : undefined
}
