import { isIP } from 'node:net'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { AppError } from '../../base/app-error.ts'
import { UserBlocksView } from '../../contract/user-blocks.ts'
import type { Deps } from '../../domain/deps.ts'
import {
  isAddressBlocked,
  listBlocksOfIdentifier,
  listBlocksOfUser,
  unblockAddress,
  unblockIdentifier,
  unblockUser,
} from '../../domain/user-blocks.ts'

const Params = Type.Object({ id: Type.String({ maxLength: 300 }) })
const Address = Type.Object({ ip: Type.String({ maxLength: 64 }) })
const Identifier = Type.String({ minLength: 1, maxLength: 320 })
const considering = { consider_brute_force_enablement: Type.Optional(Type.Boolean()) }

/** `/user-blocks` and `/anomaly/blocks`. */
export const userBlockRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (app, { deps }) => {
  app.get(
    '/user-blocks',
    {
      config: { scopes: ['read:users'], reply: { 200: UserBlocksView } },
      schema: {
        summary: 'Get blocks by identifier',
        querystring: Type.Object({ identifier: Identifier, ...considering }),
      },
    },
    async ({ tenant, query }) =>
      listBlocksOfIdentifier(
        deps,
        tenant,
        query.identifier,
        query.consider_brute_force_enablement ?? false,
      ),
  )

  app.delete(
    '/user-blocks',
    {
      config: { scopes: ['update:users'], reply: { 204: null } },
      schema: {
        summary: 'Unblock by identifier',
        querystring: Type.Object({ identifier: Identifier }),
      },
    },
    async (request, reply) => {
      await unblockIdentifier(deps, request.tenant, request.query.identifier, whoAsks(request))
      return reply.code(204).send()
    },
  )

  app.get(
    '/user-blocks/:id',
    {
      config: { scopes: ['read:users'], reply: { 200: UserBlocksView } },
      schema: {
        summary: "Get a user's blocks",
        params: Params,
        querystring: Type.Object(considering),
      },
    },
    async ({ tenant, params, query }) =>
      listBlocksOfUser(deps, tenant, params.id, query.consider_brute_force_enablement ?? false),
  )

  app.delete(
    '/user-blocks/:id',
    {
      config: { scopes: ['update:users'], reply: { 204: null } },
      schema: { summary: 'Unblock a user', params: Params },
    },
    async (request, reply) => {
      await unblockUser(deps, request.tenant, request.params.id, whoAsks(request))
      return reply.code(204).send()
    },
  )

  app.get(
    '/anomaly/blocks/ips/:ip',
    {
      config: { scopes: ['read:anomaly_blocks'], reply: { 200: null } },
      schema: { summary: 'Check if an IP address is blocked', params: Address },
    },
    async ({ tenant, params }, reply) => {
      assertAddress(params.ip)
      if (!(await isAddressBlocked(deps, tenant, params.ip))) throw new AppError('not_found')
      return reply.code(200).send()
    },
  )

  app.delete(
    '/anomaly/blocks/ips/:ip',
    {
      config: { scopes: ['delete:anomaly_blocks'], reply: { 204: null } },
      schema: { summary: 'Remove the blocked IP address', params: Address },
    },
    async ({ tenant, params }, reply) => {
      assertAddress(params.ip)
      await unblockAddress(deps, tenant, params.ip)
      return reply.code(204).send()
    },
  )
}

const whoAsks = ({ access, ip, headers }: FastifyRequest) => ({
  clientId: access.clientId,
  ip,
  userAgent: headers['user-agent'] ?? '',
})

function assertAddress(ip: string): void {
  if (isIP(ip) !== 0) return
  throw new AppError('invalid_uri', {
    message: "Path validation error: 'Not an IP address' on property ip.",
  })
}
