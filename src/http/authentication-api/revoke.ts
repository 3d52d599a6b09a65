import type { FastifyPluginAsync } from 'fastify'
import type { Deps } from '../../domain/deps.ts'
import { revoke } from '../../oidc/revoke.ts'
import { textParameters } from './bodies.ts'

/** `POST /oauth/revoke`: 200 with an empty body. */
export const revokeRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  app.post('/oauth/revoke', async (request, reply) => {
    await revoke(deps, request.tenant, {
      authorization: request.headers.authorization,
      parameters: textParameters(request.body),
      onClient(client) {
        request.concernedClient = client
      },
    })
    return reply.code(200).send()
  })
}
