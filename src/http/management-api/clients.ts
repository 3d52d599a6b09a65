import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { ClientCreate, ClientFields, ClientPatch, ClientView } from '../../contract/clients.ts'
import { ConnectionFields } from '../../contract/connection-view.ts'
import { anyList, checkpointList } from '../../contract/lists.ts'
import {
  type ClientVisibility,
  createClient,
  deleteClient,
  getClient,
  listClients,
  patchClient,
  rotateClientSecret,
} from '../../domain/clients.ts'
import { connectionsOfClient } from '../../domain/connection-clients.ts'
import type { Deps } from '../../domain/deps.ts'
import type { Access } from './access.ts'
import { cursorKey, pageWindow } from './page-window.ts'
import {
  anyPage,
  checkpointBody,
  checkpointPage,
  checkpointQuery,
  fieldsQuery,
  offsetBody,
  offsetQuery,
  selectFields,
} from './paging.ts'

const readScopes = [
  'read:clients',
  'read:client_keys',
  'read:client_credentials',
  'read:client_summary',
]

const Params = Type.Object({ id: Type.String({ maxLength: 200 }) })

/** What the token may see; secrets are told when the client is made, too, to who may make keys. */
function visibility({ scopes }: Access, more?: string): ClientVisibility {
  const full = readScopes.filter((scope) => scope !== 'read:client_summary')
  return {
    keys: scopes.has('read:client_keys') || (more !== undefined && scopes.has(more)),
    summary: scopes.has('read:client_summary') && !full.some((scope) => scopes.has(scope)),
  }
}

/** `/clients`. */
export const clientRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (app, { deps }) => {
  app.get(
    '/clients',
    {
      config: { scopes: readScopes, reply: { 200: anyList('clients', ClientFields) } },
      schema: {
        summary: 'Get clients',
        querystring: Type.Object({
          ...offsetQuery,
          ...checkpointQuery,
          ...fieldsQuery,
          is_global: Type.Optional(Type.Boolean()),
          is_first_party: Type.Optional(Type.Boolean()),
          app_type: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 50 })),
        }),
      },
    },
    async ({ tenant, access, query }) => {
      const page = anyPage(query)
      const filter = {
        isGlobal: query.is_global,
        isFirstParty: query.is_first_party,
        appTypes: query.app_type,
      }
      const { items, total } = await listClients(
        deps,
        tenant,
        filter,
        pageWindow(page),
        visibility(access),
      )
      const show = ({ object }: { object: Record<string, unknown> }) =>
        selectFields(object, query, ['tenant'])
      if (page.mode === 'checkpoint') {
        return checkpointBody(page, 'clients', items, cursorKey, show)
      }
      return offsetBody(page, { key: 'clients' }, items.map(show), total)
    },
  )

  app.post(
    '/clients',
    {
      config: { scopes: ['create:clients'], reply: { 201: ClientView } },
      schema: { summary: 'Create a client', body: ClientCreate },
    },
    async ({ tenant, access, body }, reply) => {
      const visible = { ...visibility(access, 'create:client_keys'), summary: false }
      return reply.code(201).send(await createClient(deps, tenant, body, visible))
    },
  )

  app.get(
    '/clients/:id',
    {
      config: { scopes: readScopes, reply: { 200: ClientFields } },
      schema: {
        summary: 'Get a client by ID',
        params: Params,
        querystring: Type.Object(fieldsQuery),
      },
    },
    async ({ tenant, access, params, query }) =>
      selectFields(await getClient(deps, tenant, params.id, visibility(access)), query, [
        'signing_keys',
      ]),
  )

  app.patch(
    '/clients/:id',
    {
      config: {
        scopes: ['update:clients', 'update:client_keys', 'update:client_credentials'],
        reply: { 200: ClientView },
      },
      schema: { summary: 'Update a client', params: Params, body: ClientPatch },
    },
    async ({ tenant, access, params, body }) =>
      patchClient(deps, tenant, params.id, body, { ...visibility(access), summary: false }),
  )

  app.delete(
    '/clients/:id',
    {
      config: { scopes: ['delete:clients'], reply: { 204: null } },
      schema: { summary: 'Delete a client', params: Params },
    },
    async ({ tenant, params }, reply) => {
      await deleteClient(deps, tenant, params.id)
      return reply.code(204).send()
    },
  )

  app.post(
    '/clients/:id/rotate-secret',
    {
      config: { scopes: ['update:client_keys'], reply: { 200: ClientView } },
      schema: { summary: 'Rotate a client secret', params: Params },
    },
    async ({ tenant, params }) => rotateClientSecret(deps, tenant, params.id),
  )

  app.get(
    '/clients/:id/credentials',
    {
      config: { scopes: ['read:client_credentials'], reply: { 200: Type.Array(Type.Object({})) } },
      schema: { summary: 'Get client credentials', params: Params },
    },
    async ({ tenant, params }) => {
      await getClient(deps, tenant, params.id, { keys: false, summary: true })
      // Clients prove themselves by their secret only, so none has key material.
      return []
    },
  )

  app.get(
    '/clients/:id/connections',
    {
      config: {
        scopes: ['read:connections'],
        alsoScopes: ['read:clients', 'read:client_summary'],
        reply: { 200: checkpointList('connections', ConnectionFields) },
      },
      schema: {
        summary: 'Get enabled connections for a client',
        params: Params,
        querystring: Type.Object({
          ...checkpointQuery,
          ...fieldsQuery,
          strategy: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 50 })),
        }),
      },
    },
    async ({ tenant, params, query }) => {
      const page = checkpointPage(query)
      const items = await connectionsOfClient(
        deps,
        tenant,
        params.id,
        query.strategy,
        pageWindow(page),
      )
      return checkpointBody(page, 'connections', items, cursorKey, ({ object }) =>
        selectFields(object, query, ['id']),
      )
    },
  )
}
