import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  ClientGrantCreate,
  ClientGrantPatch,
  ClientGrantView,
} from '../../contract/client-grants.ts'
import { anyList } from '../../contract/lists.ts'
import {
  createClientGrant,
  deleteClientGrant,
  getClientGrant,
  listClientGrants,
  patchClientGrant,
} from '../../domain/client-grants.ts'
import type { Deps } from '../../domain/deps.ts'
import { cursorKey, pageWindow } from './page-window.ts'
import { anyPage, checkpointBody, checkpointQuery, offsetBody, offsetQuery } from './paging.ts'

const Params = Type.Object({ id: Type.String({ maxLength: 200 }) })

/** `/client-grants`. */
export const clientGrantRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.get(
    '/client-grants',
    {
      config: {
        scopes: ['read:client_grants'],
        reply: { 200: anyList('client_grants', ClientGrantView) },
      },
      schema: {
        summary: 'Get client grants',
        querystring: Type.Object({
          ...offsetQuery,
          ...checkpointQuery,
          audience: Type.Optional(Type.String({ maxLength: 600 })),
          client_id: Type.Optional(Type.String({ maxLength: 200 })),
          allow_any_organization: Type.Optional(Type.Boolean()),
          subject_type: Type.Optional(Type.String({ maxLength: 50 })),
        }),
      },
    },
    async ({ tenant, query }) => {
      const page = anyPage(query)
      const filter = {
        audience: query.audience,
        clientId: query.client_id,
        subjectType: query.subject_type,
        allowAnyOrganization: query.allow_any_organization,
      }
      const { items, total } = await listClientGrants(deps, tenant, filter, pageWindow(page))
      const show = ({ object }: { object: Record<string, unknown> }) => object
      if (page.mode === 'checkpoint') {
        return checkpointBody(page, 'client_grants', items, cursorKey, show)
      }
      return offsetBody(page, { key: 'client_grants' }, items.map(show), total)
    },
  )

  app.post(
    '/client-grants',
    {
      config: { scopes: ['create:client_grants'], reply: { 201: ClientGrantView } },
      schema: { summary: 'Create client grant', body: ClientGrantCreate },
    },
    async ({ tenant, body }, reply) =>
      reply.code(201).send(await createClientGrant(deps, tenant, body)),
  )

  app.get(
    '/client-grants/:id',
    {
      config: { scopes: ['read:client_grants'], reply: { 200: ClientGrantView } },
      schema: { summary: 'Get client grant', params: Params },
    },
    async ({ tenant, params }) => getClientGrant(deps, tenant, params.id),
  )

  app.patch(
    '/client-grants/:id',
    {
      config: { scopes: ['update:client_grants'], reply: { 200: ClientGrantView } },
      schema: { summary: 'Update client grant', params: Params, body: ClientGrantPatch },
    },
    async ({ tenant, params, body }) => patchClientGrant(deps, tenant, params.id, body),
  )

  app.delete(
    '/client-grants/:id',
    {
      config: { scopes: ['delete:client_grants'], reply: { 204: null } },
      schema: { summary: 'Delete client grant', params: Params },
    },
    async ({ tenant, params }, reply) => {
      await deleteClientGrant(deps, tenant, params.id)
      return reply.code(204).send()
    },
  )
}
