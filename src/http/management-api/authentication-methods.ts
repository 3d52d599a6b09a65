import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  AuthenticationMethodCreate,
  AuthenticationMethodPatch,
  AuthenticationMethods,
  AuthenticationMethodsPut,
  AuthenticationMethodView,
} from '../../contract/authentication-methods.ts'
import {
  createMethod,
  getMethod,
  listMethods,
  patchMethod,
  removeAllMethods,
  removeMethod,
  replaceMethods,
} from '../../domain/authentication-methods.ts'
import type { Deps } from '../../domain/deps.ts'
import { offsetBody, offsetPage, offsetQuery } from './paging.ts'

const Params = Type.Object({ id: Type.String({ maxLength: 300 }) })
const MethodParams = Type.Object({
  id: Type.String({ maxLength: 300 }),
  methodId: Type.String({ maxLength: 100 }),
})

/** `/users/{id}/authentication-methods`. */
export const authenticationMethodRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  const path = '/users/:id/authentication-methods'

  app.get(
    path,
    {
      config: { scopes: ['read:authentication_methods'], reply: { 200: AuthenticationMethods } },
      schema: {
        summary: 'Get a list of authentication methods',
        params: Params,
        querystring: Type.Object(offsetQuery),
      },
    },
    async ({ tenant, params, query }) => {
      const page = offsetPage(query)
      const all = await listMethods(deps, tenant, params.id)
      const shown = all.slice(page.start, page.start + page.limit)
      const body = offsetBody(page, { key: 'authenticators' }, shown, all.length)
      if (!page.includeTotals || all.length > 0) return body
      return { authenticators: shown, start: page.start, limit: page.limit }
    },
  )

  app.post(
    path,
    {
      config: {
        scopes: ['create:authentication_methods'],
        reply: { 201: AuthenticationMethodView },
      },
      schema: {
        summary: 'Create an authentication method for a given user',
        params: Params,
        body: AuthenticationMethodCreate,
      },
    },
    async ({ tenant, params, body }, reply) =>
      reply.code(201).send(await createMethod(deps, tenant, params.id, body)),
  )

  app.put(
    path,
    {
      config: {
        scopes: ['update:authentication_methods'],
        reply: { 200: Type.Array(AuthenticationMethodView) },
      },
      schema: {
        summary: 'Update all authentication methods by replacing them with the given ones',
        params: Params,
        body: AuthenticationMethodsPut,
      },
    },
    async ({ tenant, params, body }) => replaceMethods(deps, tenant, params.id, body),
  )

  app.delete(
    path,
    {
      config: { scopes: ['delete:authentication_methods'], reply: { 204: null } },
      schema: { summary: 'Delete all authentication methods for the given user', params: Params },
    },
    async ({ tenant, params }, reply) => {
      await removeAllMethods(deps, tenant, params.id)
      return reply.code(204).send()
    },
  )

  app.get(
    `${path}/:methodId`,
    {
      config: { scopes: ['read:authentication_methods'], reply: { 200: AuthenticationMethodView } },
      schema: { summary: 'Get an authentication method by ID', params: MethodParams },
    },
    async ({ tenant, params }) => getMethod(deps, tenant, params.id, params.methodId),
  )

  app.patch(
    `${path}/:methodId`,
    {
      config: {
        scopes: ['update:authentication_methods'],
        reply: { 200: AuthenticationMethodView },
      },
      schema: {
        summary: 'Update an authentication method',
        params: MethodParams,
        body: AuthenticationMethodPatch,
      },
    },
    async ({ tenant, params, body }) => patchMethod(deps, tenant, params.id, params.methodId, body),
  )

  app.delete(
    `${path}/:methodId`,
    {
      config: { scopes: ['delete:authentication_methods'], reply: { 204: null } },
      schema: { summary: 'Delete an authentication method by ID', params: MethodParams },
    },
    async ({ tenant, params }, reply) => {
      await removeMethod(deps, tenant, params.id, params.methodId)
      return reply.code(204).send()
    },
  )
}
