import type { FastifyPluginAsync } from 'fastify'
import { Type } from 'typebox'
import { TokenBody } from '../../contract/authentication-bodies.ts'
import { MfaRequiredRefusal } from '../../contract/mfa.ts'
import { AuthenticationRefusal } from '../../contract/refusals.ts'
import { TokenReply } from '../../contract/tokens.ts'
import type { Deps } from '../../domain/deps.ts'
import { exchangeForTokens } from '../../oidc/grants/index.ts'
import { textParameters } from './bodies.ts'
import { personAddress } from './person-address.ts'

const Refused = Type.Union([MfaRequiredRefusal, AuthenticationRefusal])

/** `POST /oauth/token`. */
export const tokenRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  app.post(
    '/oauth/token',
    {
      config: { reply: { 200: TokenReply, 403: Refused }, readBody: TokenBody },
      schema: { summary: 'Exchange a code, a refresh token or client credentials for tokens' },
    },
    async (request, reply) => {
      reply.header('pragma', 'no-cache')
      return exchangeForTokens(deps, request.tenant, {
        authorization: request.headers.authorization,
        parameters: textParameters(request.body),
        addressFor: (client, proved) => personAddress(request, client, proved),
        userAgent: (request.headers['user-agent'] ?? '').slice(0, 500),
        onClient(client) {
          request.concernedClient = client
        },
      })
    },
  )
}
