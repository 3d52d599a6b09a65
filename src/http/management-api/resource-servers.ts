import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { offsetList } from '../../contract/lists.ts'
import {
  ResourceServerCreate,
  ResourceServerFields,
  ResourceServerPatch,
  ResourceServerView,
} from '../../contract/resource-servers.ts'
import type { Deps } from '../../domain/deps.ts'
import { createApi, deleteApi, getApi, listApis, patchApi } from '../../domain/resource-servers.ts'
import { fieldsQuery, offsetBody, offsetPage, offsetQuery, selectFields } from './paging.ts'

/** An id, or an identifier with its slashes encoded. */
const Params = Type.Object({ id: Type.String({ maxLength: 600 }) })

/** `/resource-servers`: APIs. */
export const resourceServerRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.get(
    '/resource-servers',
    {
      config: {
        scopes: ['read:resource_servers'],
        reply: { 200: offsetList('resource_servers', ResourceServerFields) },
      },
      schema: {
        summary: 'Get resource servers',
        querystring: Type.Object({
          ...offsetQuery,
          ...fieldsQuery,
          identifiers: Type.Optional(Type.Array(Type.String({ maxLength: 600 }), { maxItems: 10 })),
        }),
      },
    },
    async ({ tenant, query }) => {
      const page = offsetPage(query)
      const { items, total } = await listApis(
        deps,
        tenant,
        { identifiers: query.identifiers },
        { limit: page.limit, offset: page.start },
      )
      const shown = items.map((item) => selectFields(item, query, ['id']))
      return offsetBody(page, { key: 'resource_servers' }, shown, total)
    },
  )

  app.post(
    '/resource-servers',
    {
      config: { scopes: ['create:resource_servers'], reply: { 201: ResourceServerView } },
      schema: { summary: 'Create a resource server', body: ResourceServerCreate },
    },
    async ({ tenant, body }, reply) => reply.code(201).send(await createApi(deps, tenant, body)),
  )

  app.get(
    '/resource-servers/:id',
    {
      config: { scopes: ['read:resource_servers'], reply: { 200: ResourceServerFields } },
      schema: {
        summary: 'Get a resource server',
        params: Params,
        querystring: Type.Object(fieldsQuery),
      },
    },
    async ({ tenant, params, query }) =>
      selectFields(await getApi(deps, tenant, params.id), query, ['id']),
  )

  app.patch(
    '/resource-servers/:id',
    {
      config: { scopes: ['update:resource_servers'], reply: { 200: ResourceServerView } },
      schema: {
        summary: 'Update a resource server',
        params: Params,
        body: ResourceServerPatch,
      },
    },
    async ({ tenant, params, body }) => patchApi(deps, tenant, params.id, body),
  )

  app.delete(
    '/resource-servers/:id',
    {
      config: { scopes: ['delete:resource_servers'], reply: { 204: null } },
      schema: { summary: 'Delete a resource server', params: Params },
    },
    async ({ tenant, params }, reply) => {
      await deleteApi(deps, tenant, params.id)
      return reply.code(204).send()
    },
  )
}
