import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { LogStreamCreate, LogStreamPatch, LogStreamView } from '../../contract/log-streams.ts'
import type { Deps } from '../../domain/deps.ts'
import {
  createLogStream,
  getLogStream,
  getLogStreams,
  patchLogStream,
  removeLogStream,
} from '../../domain/log-streams.ts'

const Params = Type.Object({ id: Type.String({ maxLength: 100 }) })
/** Values of headers are credentials as often as not. */
const hidden = new Set(['httpAuthorization', 'value'])

/** `/log-streams`: who is told of what stands in the tenant log. */
export const logStreamRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (app, { deps }) => {
  app.get(
    '/log-streams',
    {
      config: { scopes: ['read:log_streams'], reply: { 200: Type.Array(LogStreamView) } },
      schema: { summary: 'Get log streams' },
    },
    async ({ tenant }) => getLogStreams(deps, tenant),
  )

  app.post(
    '/log-streams',
    {
      config: { scopes: ['create:log_streams'], hidden, reply: { 200: LogStreamView } },
      schema: { summary: 'Create a log stream', body: LogStreamCreate },
    },
    async ({ tenant, body }) => createLogStream(deps, tenant, body),
  )

  app.get(
    '/log-streams/:id',
    {
      config: { scopes: ['read:log_streams'], reply: { 200: LogStreamView } },
      schema: { summary: 'Get log stream by Id', params: Params },
    },
    async ({ tenant, params }) => getLogStream(deps, tenant, params.id),
  )

  app.patch(
    '/log-streams/:id',
    {
      config: { scopes: ['update:log_streams'], hidden, reply: { 200: LogStreamView } },
      schema: { summary: 'Update a log stream', params: Params, body: LogStreamPatch },
    },
    async ({ tenant, params, body }) => patchLogStream(deps, tenant, params.id, body),
  )

  app.delete(
    '/log-streams/:id',
    {
      config: { scopes: ['delete:log_streams'], reply: { 204: null } },
      schema: { summary: 'Delete log stream', params: Params },
    },
    async ({ tenant, params }, reply) => {
      await removeLogStream(deps, tenant, params.id)
      return reply.code(204).send()
    },
  )
}
