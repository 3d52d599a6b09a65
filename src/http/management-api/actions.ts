import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { ActionCreate, ActionPatch, ActionTest } from '../../contract/action-api.ts'
import {
  ActionList,
  ActionTestReply,
  ActionView,
  DeployedVersionView,
} from '../../contract/action-view.ts'
import { testAction } from '../../domain/action-test.ts'
import { deployAction } from '../../domain/action-versions.ts'
import {
  createAction,
  getAction,
  listActionsOf,
  patchAction,
  removeAction,
} from '../../domain/actions.ts'
import type { Deps } from '../../domain/deps.ts'
import { actionPage, actionPageBody, code } from './action-paging.ts'
import { offsetQuery } from './paging.ts'

const Params = Type.Object({ id: Type.String({ maxLength: 100 }) })
const { page, per_page } = offsetQuery

/** `/actions/actions`: drafts. */
export const actionRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (app, { deps }) => {
  const path = '/actions/actions'

  app.get(
    path,
    {
      config: { scopes: ['read:actions'], reply: { 200: ActionList } },
      schema: {
        summary: 'Get actions',
        querystring: Type.Object({
          ...{ page, per_page },
          triggerId: Type.Optional(Type.String({ maxLength: 100 })),
          actionName: Type.Optional(Type.String({ maxLength: 255 })),
          deployed: Type.Optional(Type.Boolean()),
          installed: Type.Optional(Type.Boolean()),
        }),
      },
    },
    async ({ tenant, query }) => {
      const window = actionPage(query)
      // Nothing comes from a marketplace.
      if (query.installed === true) return actionPageBody(window, 'actions', [], 0)
      const { triggerId = null, actionName: name = null, deployed = null } = query
      const { items, total } = await listActionsOf(
        deps,
        tenant,
        { triggerId, name, deployed },
        window,
      )
      return actionPageBody(window, 'actions', items, total)
    },
  )

  app.post(
    path,
    {
      config: { scopes: ['create:actions'], hidden: code, reply: { 201: ActionView } },
      schema: { summary: 'Create an action', body: ActionCreate },
    },
    async ({ tenant, body }, reply) => reply.code(201).send(await createAction(deps, tenant, body)),
  )

  app.get(
    `${path}/:id`,
    {
      config: { scopes: ['read:actions'], reply: { 200: ActionView } },
      schema: { summary: 'Get an action', params: Params },
    },
    async ({ tenant, params }) => getAction(deps, tenant, params.id),
  )

  app.patch(
    `${path}/:id`,
    {
      config: { scopes: ['update:actions'], hidden: code, reply: { 200: ActionView } },
      schema: { summary: 'Update an action', params: Params, body: ActionPatch },
    },
    async ({ tenant, params, body }) => patchAction(deps, tenant, params.id, body),
  )

  app.delete(
    `${path}/:id`,
    {
      config: { scopes: ['delete:actions'], reply: { 204: null } },
      schema: {
        summary: 'Delete an action',
        params: Params,
        querystring: Type.Object({ force: Type.Optional(Type.Boolean()) }),
      },
    },
    async ({ tenant, params, query }, reply) => {
      await removeAction(deps, tenant, params.id, query.force ?? false)
      return reply.code(204).send()
    },
  )

  app.post(
    `${path}/:id/deploy`,
    {
      config: { scopes: ['create:actions'], hidden: code, reply: { 200: DeployedVersionView } },
      schema: { summary: 'Deploy an action', params: Params },
    },
    async ({ tenant, params }) => deployAction(deps, tenant, params.id),
  )

  app.post(
    `${path}/:id/test`,
    {
      config: { scopes: ['create:actions'], unlogged: true, reply: { 200: ActionTestReply } },
      schema: { summary: 'Test an action', params: Params, body: ActionTest },
    },
    async ({ tenant, params, body }) => testAction(deps, tenant, params.id, body.payload),
  )
}
