import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError } from '../../base/app-error.ts'
import {
  ConnectionDeleted,
  ConnectionFields,
  ConnectionView,
  DirectoryProvisionings,
} from '../../contract/connection-view.ts'
import { ConnectionCreate, ConnectionPatch } from '../../contract/connections.ts'
import { anyList } from '../../contract/lists.ts'
import {
  connectionOf,
  createConnection,
  deleteConnection,
  getConnection,
  listConnections,
  patchConnection,
} from '../../domain/connections.ts'
import type { Deps } from '../../domain/deps.ts'
import type { Tenant } from '../../domain/tenant.ts'
import { deleteUsersByEmail } from '../../domain/users.ts'
import { cursorKey, pageWindow } from './page-window.ts'
import {
  anyPage,
  checkpointBody,
  checkpointQuery,
  fieldsQuery,
  offsetBody,
  offsetQuery,
  selectFields,
} from './paging.ts'

const Params = Type.Object({ id: Type.String({ maxLength: 200 }) })

/** Members that a selection of fields never leaves out. Source: recorded. */
const always = ['id', 'is_domain_connection', 'authentication', 'connected_accounts']

/** Values for scripts of a database: secrets as a rule. */
const hidden = new Set(['configuration', 'customScripts'])

/** `/connections`. */
export const connectionRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.get(
    '/connections',
    {
      config: {
        scopes: ['read:connections'],
        reply: { 200: anyList('connections', ConnectionFields) },
      },
      schema: {
        summary: 'Get all connections',
        querystring: Type.Object({
          ...offsetQuery,
          ...checkpointQuery,
          ...fieldsQuery,
          strategy: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 100 })),
          name: Type.Optional(Type.String({ maxLength: 200 })),
        }),
      },
    },
    async ({ tenant, query }) => {
      const page = anyPage(query, { perPage: 100 })
      const filter = { strategies: query.strategy, name: query.name }
      const { items, total } = await listConnections(deps, tenant, filter, pageWindow(page))
      const show = ({ object }: { object: Record<string, unknown> }) =>
        selectFields(object, query, always)
      if (page.mode === 'checkpoint') {
        return checkpointBody(page, 'connections', items, cursorKey, show)
      }
      return offsetBody(page, { key: 'connections' }, items.map(show), total)
    },
  )

  app.post(
    '/connections',
    {
      config: { scopes: ['create:connections'], reply: { 201: ConnectionView }, hidden },
      schema: { summary: 'Create a connection', body: ConnectionCreate },
    },
    async ({ tenant, body }, reply) =>
      reply.code(201).send(await createConnection(deps, tenant, body)),
  )

  app.get(
    '/connections/:id',
    {
      config: { scopes: ['read:connections'], reply: { 200: ConnectionFields } },
      schema: {
        summary: 'Get a connection',
        params: Params,
        querystring: Type.Object(fieldsQuery),
      },
    },
    async ({ tenant, params, query }) =>
      selectFields(await getConnection(deps, tenant, params.id), query, always),
  )

  app.patch(
    '/connections/:id',
    {
      config: { scopes: ['update:connections'], reply: { 200: ConnectionView }, hidden },
      schema: { summary: 'Update a connection', params: Params, body: ConnectionPatch },
    },
    async ({ tenant, params, body }) => patchConnection(deps, tenant, params.id, body),
  )

  app.delete(
    '/connections/:id',
    {
      config: { scopes: ['delete:connections'], reply: { 202: ConnectionDeleted, 204: null } },
      schema: { summary: 'Delete a connection and all its users', params: Params },
    },
    async ({ tenant, params }, reply) => {
      const deletedAt = await deleteConnection(deps, tenant, params.id)
      if (deletedAt === undefined) return reply.code(204).send()
      return reply.code(202).send({ deleted_at: new Date(deletedAt).toISOString() })
    },
  )

  app.get(
    '/connections/:id/status',
    {
      config: { scopes: ['read:connections'], reply: { 200: null } },
      schema: { summary: 'Check connection status', params: Params },
    },
    async ({ tenant, params }) => {
      connectionOf(tenant, params.id)
      // Only connections to a directory can be on or off line.
      throw new AppError('not_found')
    },
  )

  app.delete(
    '/connections/:id/users',
    {
      config: { scopes: ['delete:users'], reply: { 204: null } },
      schema: {
        summary: 'Delete a connection user',
        params: Params,
        querystring: Type.Object({ email: Type.String({ minLength: 1, maxLength: 320 }) }),
      },
    },
    async ({ tenant, access, params, query, ip, headers }, reply) => {
      await deleteUsersByEmail(deps, tenant, params.id, query.email, {
        clientId: access.clientId,
        ip,
        userAgent: headers['user-agent'] ?? '',
      })
      return reply.code(204).send()
    },
  )

  const refuseKeys = (message: string) => async (request: { tenant: Tenant; params: object }) => {
    const { id } = request.params as { id: string } // by the schema of the route
    connectionOf(request.tenant, id)
    throw new AppError('invalid_body', { message })
  }
  const noKeys = refuseKeys('keys are not available for this connection')
  app.get(
    '/connections/:id/keys',
    {
      config: { scopes: ['read:connections_keys'], reply: {} },
      schema: { summary: 'Get connection keys', params: Params },
    },
    noKeys,
  )
  app.post(
    '/connections/:id/keys',
    {
      config: { scopes: ['create:connections_keys'], reply: {} },
      schema: { summary: 'Create connection keys', params: Params },
    },
    noKeys,
  )
  app.post(
    '/connections/:id/keys/rotate',
    {
      config: { scopes: ['create:connections_keys', 'update:connections_keys'], reply: {} },
      schema: { summary: 'Rotate connection keys', params: Params },
    },
    refuseKeys('Key rotation is not supported on this connection'),
  )

  app.get(
    '/connections-directory-provisionings',
    {
      config: { scopes: ['read:directory_provisionings'], reply: { 200: DirectoryProvisionings } },
      schema: { summary: 'Get a list of directory provisioning configurations' },
    },
    // No strategy here has a directory.
    async () => ({ directory_provisionings: [] }),
  )
}
