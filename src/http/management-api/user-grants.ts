import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { assertUser } from '../../domain/authentication-methods.ts'
import type { Deps } from '../../domain/deps.ts'
import { listUserRefreshTokens, revokeUserRefreshTokens } from '../../domain/user-grants.ts'
import { cursorKey, pageWindow } from './page-window.ts'
import {
  checkpointBody,
  checkpointPage,
  checkpointQuery,
  offsetBody,
  offsetPage,
  offsetQuery,
} from './paging.ts'

const Params = Type.Object({ id: Type.String({ maxLength: 300 }) })

/** What a user holds by logins and by membership: tokens, roles, permissions, organizations. */
export const userGrantRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (app, { deps }) => {
  app.get(
    '/users/:id/refresh-tokens',
    {
      config: { scopes: ['read:refresh_tokens'] },
      schema: {
        summary: 'Get refresh tokens for a user',
        params: Params,
        querystring: Type.Object(checkpointQuery),
      },
    },
    async ({ tenant, params, query }) => {
      const page = checkpointPage(query)
      const tokens = await listUserRefreshTokens(deps, tenant, params.id, pageWindow(page))
      return checkpointBody(page, 'tokens', tokens, cursorKey, ({ view }) => view)
    },
  )

  app.delete(
    '/users/:id/refresh-tokens',
    {
      config: { scopes: ['delete:refresh_tokens'] },
      schema: { summary: 'Delete refresh tokens for a user', params: Params },
    },
    async ({ tenant, params }, reply) => {
      await revokeUserRefreshTokens(deps, tenant, params.id)
      return reply.code(202).send()
    },
  )

  for (const { key, scopes, summary } of memberships) {
    app.get(
      `/users/:id/${key}`,
      {
        config: { scopes },
        schema: { summary, params: Params, querystring: Type.Object(offsetQuery) },
      },
      async ({ tenant, params, query }) => {
        await assertUser(deps, tenant, params.id)
        return offsetBody(offsetPage(query), { key }, [], 0)
      },
    )
  }
}

/** A tenant of this server has none of them; tools ask all the same. */
const memberships = [
  { key: 'roles', scopes: ['read:users', 'read:roles'], summary: "Get a user's roles" },
  { key: 'permissions', scopes: ['read:users'], summary: "Get a User's Permissions" },
  {
    key: 'organizations',
    scopes: ['read:organizations'],
    summary: "List user's organizations",
  },
] as const
