import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { EnabledClients } from '../../contract/connection-view.ts'
import { EnabledClientsPatch } from '../../contract/connections.ts'
import { clientsOfConnection, patchClientsOfConnection } from '../../domain/connection-clients.ts'
import type { Deps } from '../../domain/deps.ts'
import { pageWindow } from './page-window.ts'
import { checkpointBody, checkpointPage, checkpointQuery } from './paging.ts'

const Params = Type.Object({ id: Type.String({ maxLength: 200 }) })

/** `/connections/{id}/clients`: the same set as the connection's `enabled_clients`. */
export const connectionClientRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.get(
    '/connections/:id/clients',
    {
      config: { scopes: ['read:connections'], reply: { 200: EnabledClients } },
      schema: {
        summary: 'Get enabled clients for a connection',
        params: Params,
        querystring: Type.Object({
          ...checkpointQuery,
          take: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
        }),
      },
    },
    async ({ tenant, params, query }) => {
      const page = checkpointPage(query)
      // A cursor of this list holds the place of a client in place of a time.
      const { limit, after } = pageWindow(page)
      const items = await clientsOfConnection(deps, tenant, params.id, {
        limit,
        ...(after !== undefined && { after }),
      })
      return checkpointBody(
        page,
        'clients',
        items,
        ({ position, clientId }) => [String(position), clientId],
        ({ clientId }) => ({ client_id: clientId }),
      )
    },
  )

  app.patch(
    '/connections/:id/clients',
    {
      config: { scopes: ['update:connections'], reply: { 204: null } },
      schema: {
        summary: 'Update enabled clients for a connection',
        params: Params,
        body: EnabledClientsPatch,
      },
    },
    async ({ tenant, params, body }, reply) => {
      await patchClientsOfConnection(deps, tenant, params.id, body)
      return reply.code(204).send()
    },
  )
}
