import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../base/app-error.ts'
import type { Logger } from '../../base/logger.ts'
import type { ManagementRefusal } from '../../contract/refusals.ts'
import { hasHungUp } from '../hung-up.ts'
import { managementErrors, type WireError } from './errors.ts'

/** The scope's error handler: one table, and 500 with nothing told for anything else. */
export const managementErrorHandler =
  (log: Logger) =>
  (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const refusal = error instanceof AppError ? error : refusalOf(error, request)
    const wire = refusal && managementErrorOf(refusal)
    if (refusal === undefined || wire === undefined) {
      log.error(
        { err: error, method: request.method, route: request.routeOptions.url },
        'a management request failed',
      )
      return reply.code(500).type(json).send({
        statusCode: 500,
        error: 'Internal Server Error',
        message: 'An internal server error occurred',
        errorCode: 'operation_failed',
      })
    }
    const { retryAfterS, rateLimit } = refusal.details
    if (retryAfterS !== undefined) reply.header('retry-after', String(Math.ceil(retryAfterS)))
    if (rateLimit !== undefined) {
      reply.headers({
        'x-ratelimit-limit': String(rateLimit.limit),
        'x-ratelimit-remaining': String(rateLimit.remaining),
        'x-ratelimit-reset': String(Math.ceil(rateLimit.resetS)),
      })
    }
    return reply
      .code(wire.status)
      .type(json)
      .send({ ...errorBody(wire, refusal.details.message), ...refusal.details.members })
  }

/** The scope's handler of unknown routes. */
export const managementNotFound = (_: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply.code(404).type(json).send(errorBody(managementErrors.not_found))

const json = 'application/json; charset=utf-8'

function managementErrorOf({ code }: AppError): WireError | undefined {
  const table: Partial<Record<string, WireError>> = managementErrors
  return table[code]
}

function errorBody(wire: WireError, message = wire.message): ManagementRefusal {
  return {
    statusCode: wire.status,
    error: STATUS_CODES[wire.status] ?? 'Error',
    message,
    ...(wire.errorCode !== undefined && { errorCode: wire.errorCode }),
    ...(wire.attributes && { attributes: { error: message } }),
  }
}

/** Refusals that Fastify makes itself while it reads a request. */
function refusalOf(error: FastifyError | Error, request: FastifyRequest): AppError | undefined {
  if (hasHungUp(request, error)) return new AppError('invalid_body')
  if (!('code' in error) || !String(error.code).startsWith('FST_ERR_')) return undefined
  if (error.statusCode === 413) return new AppError('payload_too_large')
  if (error.statusCode === 415) return new AppError('unsupported_media_type')
  if (error.statusCode === 404) return new AppError('not_found')
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new AppError('invalid_body', { message: 'Payload validation error: unreadable body.' })
  }
  return undefined
}
