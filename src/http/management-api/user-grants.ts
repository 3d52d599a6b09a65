import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { offsetList } from '../../contract/lists.ts'
import { RefreshTokenList, SessionList } from '../../contract/user-grants.ts'
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
      config: { scopes: ['read:refresh_tokens'], reply: { 200: RefreshTokenList } },
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
      config: { scopes: ['delete:refresh_tokens'], reply: { 202: null } },
      schema: { summary: 'Delete refresh tokens for a user', params: Params },
    },
    async ({ tenant, params }, reply) => {
      await revokeUserRefreshTokens(deps, tenant, params.id)
      return reply.code(202).send()
    },
  )

  // Nobody is signed in by a browser: there is no session to list or to end.
  app.get(
    '/users/:id/sessions',
    {
      config: { scopes: ['read:sessions'], reply: { 200: SessionList } },
      schema: {
        summary: 'Get sessions for user',
        params: Params,
        querystring: Type.Object(checkpointQuery),
      },
    },
    async ({ tenant, params }) => {
      await assertUser(deps, tenant, params.id)
      return { sessions: [] }
    },
  )

  app.delete(
    '/users/:id/sessions',
    {
      config: { scopes: ['delete:sessions'], reply: { 202: null } },
      schema: { summary: 'Delete sessions for user', params: Params },
    },
    async ({ tenant, params }, reply) => {
      await assertUser(deps, tenant, params.id)
      return reply.code(202).send()
    },
  )

  for (const { key, scopes, summary } of memberships) {
    app.get(
      `/users/:id/${key}`,
      {
        config: { scopes, reply: { 200: offsetList(key, Type.Object({})) } },
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
