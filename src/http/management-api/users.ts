import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError } from '../../base/app-error.ts'
import { offsetList } from '../../contract/lists.ts'
import { LogView } from '../../contract/log-view.ts'
import { UserFields, UserView } from '../../contract/user-view.ts'
import { UserCreate, UserPatch } from '../../contract/users.ts'
import type { Deps } from '../../domain/deps.ts'
import { searchLogs } from '../../domain/tenant-log-search.ts'
import { searchUsers } from '../../domain/user-search.ts'
import { createUser, deleteUser, getUser, getUsersByEmail, patchUser } from '../../domain/users.ts'
import type { Access } from './access.ts'
import {
  fieldsQuery,
  offsetBody,
  offsetPage,
  offsetQuery,
  reachableRows,
  selectFields,
} from './paging.ts'

const Params = Type.Object({ id: Type.String({ maxLength: 300 }) })
const Sort = Type.Optional(Type.String({ pattern: '^[A-Za-z_.]{1,50}:-?1$' }))

/** `/users` and `/users-by-email`. */
export const userRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (app, { deps }) => {
  app.get(
    '/users',
    {
      config: {
        scopes: ['read:users', 'read:user_idp_tokens'],
        reply: { 200: offsetList('users', UserFields, { length: true }) },
      },
      schema: {
        summary: 'List or Search Users',
        querystring: Type.Object({
          ...offsetQuery,
          ...fieldsQuery,
          sort: Sort,
          connection: Type.Optional(Type.String({ maxLength: 200 })),
          q: Type.Optional(Type.String({ maxLength: 3000 })),
          search_engine: Type.Optional(Type.Enum(['v1', 'v2', 'v3'])),
          primary_order: Type.Optional(Type.Boolean()),
        }),
      },
    },
    async ({ tenant, query }) => {
      const page = offsetPage(query, { reach: reachableRows })
      const { users, total } = await searchUsers(deps, tenant, {
        connection: query.connection,
        search: query.q,
        sort: query.sort,
        start: page.start,
        limit: page.limit,
        withTotal: page.includeTotals,
      })
      const shown = users.map((user) => selectFields(user, query))
      return offsetBody(page, { key: 'users', length: true }, shown, total)
    },
  )

  app.post(
    '/users',
    {
      config: { scopes: ['create:users'], reply: { 201: UserView } },
      schema: { summary: 'Create a User', body: UserCreate },
    },
    async ({ tenant, body }, reply) => reply.code(201).send(await createUser(deps, tenant, body)),
  )

  app.get(
    '/users/:id',
    {
      config: {
        scopes: ['read:users', 'read:current_user', 'read:user_idp_tokens'],
        reply: { 200: UserFields },
      },
      schema: { summary: 'Get a User', params: Params, querystring: Type.Object(fieldsQuery) },
    },
    async ({ tenant, access, params, query }) => {
      assertMoreThanOwn(access, ['read:users', 'read:user_idp_tokens'])
      return selectFields(await getUser(deps, tenant, params.id), query)
    },
  )

  app.patch(
    '/users/:id',
    {
      config: {
        scopes: ['update:users', 'update:users_app_metadata', 'update:current_user_metadata'],
        reply: { 200: UserView },
      },
      schema: { summary: 'Update a User', params: Params, body: UserPatch },
    },
    async ({ tenant, access, params, body, ip, headers }) => {
      assertMoreThanOwn(access, ['update:users', 'update:users_app_metadata'])
      if (!access.scopes.has('update:users') && !Object.keys(body).every(isAppMetadata)) {
        throw new AppError('insufficient_scope', {
          message: 'Insufficient scope, expected any of: update:users',
        })
      }
      return patchUser(deps, tenant, params.id, body, {
        clientId: access.clientId,
        ip,
        userAgent: headers['user-agent'] ?? '',
      })
    },
  )

  app.delete(
    '/users/:id',
    {
      config: { scopes: ['delete:users', 'delete:current_user'], reply: { 204: null } },
      schema: { summary: 'Delete a User', params: Params },
    },
    async ({ tenant, access, params, ip, headers }, reply) => {
      assertMoreThanOwn(access, ['delete:users'])
      await deleteUser(deps, tenant, params.id, {
        clientId: access.clientId,
        ip,
        userAgent: headers['user-agent'] ?? '',
      })
      return reply.code(204).send()
    },
  )

  app.get(
    '/users/:id/logs',
    {
      config: {
        scopes: ['read:logs', 'read:logs_users'],
        reply: { 200: offsetList('logs', LogView, { length: true }) },
      },
      schema: {
        summary: 'Get user log events',
        params: Params,
        querystring: Type.Object({ ...offsetQuery, sort: Sort }),
      },
    },
    async ({ tenant, params, query }) => {
      const page = offsetPage(query, { reach: reachableRows })
      const { logs, total } = await searchLogs(deps, tenant, {
        userId: params.id,
        sort: query.sort,
        start: page.start,
        limit: page.limit,
        withTotal: page.includeTotals,
      })
      return offsetBody(page, { key: 'logs', length: true }, logs, total)
    },
  )

  app.get(
    '/users-by-email',
    {
      config: { scopes: ['read:users'], reply: { 200: Type.Array(UserFields) } },
      schema: {
        summary: 'Search Users by Email',
        querystring: Type.Object({
          ...fieldsQuery,
          email: Type.String({ minLength: 1, maxLength: 320 }),
        }),
      },
    },
    async ({ tenant, query }) => {
      const users = await getUsersByEmail(deps, tenant, query.email)
      return users.map((user) => selectFields(user, query))
    },
  )
}

const isAppMetadata = (member: string) => member === 'app_metadata'

/** Scopes of a `current_user` speak of the person that a token is about; a client's is about nobody. */
function assertMoreThanOwn({ scopes }: Access, enough: readonly string[]): void {
  if (enough.some((scope) => scopes.has(scope))) return
  throw new AppError('insufficient_scope', {
    message: 'User to be acted on does not match subject in bearer token.',
  })
}
