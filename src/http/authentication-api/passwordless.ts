import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { AppError, type RateLimit } from '../../base/app-error.ts'
import { PasswordlessStartBody } from '../../contract/authentication-bodies.ts'
import { PasswordlessStartReply, PasswordlessStatusReply } from '../../contract/passwordless.ts'
import type { Deps } from '../../domain/deps.ts'
import { startPasswordless } from '../../domain/passwordless-start.ts'
import { passwordlessStatus } from '../../domain/passwordless-status.ts'
import { mustProveItselfToStart } from '../../domain/tenant-flags.ts'
import { authenticateClient } from '../../oidc/client-authentication.ts'
import { personAddress } from './person-address.ts'
import { readStartBody, type StartBody } from './start-body.ts'

/** `POST /passwordless/start` and `GET /passwordless/status`. */
export const passwordlessRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.post(
    '/passwordless/start',
    {
      config: { reply: { 200: PasswordlessStartReply }, readBody: PasswordlessStartBody },
      schema: { summary: 'Send a code to a phone number' },
    },
    async (request, reply) => {
      const body = readStartBody(request.body)
      const { client, proved } = await startingClient(request, body)
      request.concernedClient = client
      const language = header(request, 'x-request-language')
      const { id, phone, rateLimit } = await startPasswordless(deps, request.tenant, {
        client,
        connectionName: body.connection,
        phoneNumber: body.phone_number,
        send: body.send,
        authParams: body.authParams,
        ip: personAddress(request, client, proved),
        userAgent: header(request, 'user-agent') ?? '',
        requestLanguage: language,
        acceptLanguage: header(request, 'accept-language'),
      })
      tellRateLimit(reply, rateLimit)
      return {
        _id: id,
        phone_number: phone.e164,
        phone_verified: false as const,
        ...(language !== undefined && { request_language: language }),
      }
    },
  )

  app.get(
    '/passwordless/status',
    {
      config: { reply: { 200: PasswordlessStatusReply } },
      schema: {
        summary: 'What became of the message with a code',
        querystring: Type.Object({ id: Type.Optional(Type.String()) }),
      },
    },
    async (request, reply) => {
      const { rateLimit, ...status } = await passwordlessStatus(deps, request.tenant, {
        id: request.query.id ?? '',
        ip: request.ip,
      })
      tellRateLimit(reply, rateLimit)
      return status
    },
  )
}

/**
 * The client of a start. A confidential one proves itself, unless the tenant has turned that off;
 * then it is enough that it exists.
 */
async function startingClient(request: FastifyRequest, body: StartBody) {
  const { tenant } = request
  const credentials = {
    authorization: request.headers.authorization,
    clientId: body.client_id,
    clientSecret: body.client_secret,
  }
  if (mustProveItselfToStart(tenant) || body.client_secret !== undefined) {
    return authenticateClient(tenant, credentials)
  }
  const client = await tenant.client(body.client_id)
  if (client === undefined) throw new AppError('invalid_client')
  return { client, proved: false }
}

/** Header values are cut: they end in logs and in templates. */
function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' && value !== '' ? value.slice(0, 500) : undefined
}

function tellRateLimit(reply: FastifyReply, rateLimit: RateLimit | undefined): void {
  if (rateLimit === undefined) return
  reply.headers({
    'x-ratelimit-limit': rateLimit.limit,
    'x-ratelimit-remaining': rateLimit.remaining,
    'x-ratelimit-reset': rateLimit.resetS,
  })
}
