import type { FastifyPluginAsync } from 'fastify'
import { UserinfoReply } from '../../contract/authentication-bodies.ts'
import type { Deps } from '../../domain/deps.ts'
import { userinfo } from '../../oidc/userinfo.ts'

/** `GET` and `POST /userinfo`. The claims are open-ended. */
export const userinfoRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  app.route({
    method: ['GET', 'POST'],
    url: '/userinfo',
    config: { reply: { 200: UserinfoReply } },
    schema: { summary: 'Claims about the person of an access token' },
    async handler(request) {
      const clientIds: string[] = []
      try {
        return await userinfo(deps, request.tenant, {
          authorization: request.headers.authorization,
          onClientId: (clientId) => clientIds.push(clientId),
        })
      } finally {
        const [clientId] = clientIds
        if (clientId !== undefined && request.headers.origin !== undefined) {
          request.concernedClient = await request.tenant.client(clientId)
        }
      }
    },
  })
}
