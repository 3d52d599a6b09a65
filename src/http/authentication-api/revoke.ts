import type { FastifyPluginAsync } from 'fastify'
import { RevokeBody } from '../../contract/authentication-bodies.ts'
import type { Deps } from '../../domain/deps.ts'
import { revoke } from '../../oidc/revoke.ts'
import { textParameters } from './bodies.ts'

/** `POST /oauth/revoke`: 200 with an empty body. */
export const revokeRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  app.post(
    '/oauth/revoke',
    {
      config: { reply: { 200: null }, readBody: RevokeBody },
      schema: { summary: 'Revoke a refresh token' },
    },
    async (request, reply) => {
      await revoke(deps, request.tenant, {
        authorization: request.headers.authorization,
        parameters: textParameters(request.body),
        onClient(client) {
          request.concernedClient = client
        },
      })
      return reply.code(200).send()
    },
  )
}
