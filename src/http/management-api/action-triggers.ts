import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { BindingsPatch, triggerViews } from '../../contract/action-api.ts'
import {
  ActionBindingList,
  ActionBindings,
  ActionExecutionView,
  ActionVersionList,
  DeployedVersionView,
  ModuleList,
  TriggerList,
} from '../../contract/action-view.ts'
import { listBindings, replaceBindings } from '../../domain/action-bindings.ts'
import { getExecution } from '../../domain/action-executions.ts'
import { getVersion, listVersions, rollBackAction } from '../../domain/action-versions.ts'
import type { Deps } from '../../domain/deps.ts'
import { actionPage, actionPageBody, code } from './action-paging.ts'
import { offsetQuery } from './paging.ts'

const Id = Type.String({ maxLength: 100 })
const TriggerParams = Type.Object({ triggerId: Id })
const VersionParams = Type.Object({ actionId: Id, id: Id })
const { page, per_page } = offsetQuery
const Page = Type.Object({ page, per_page })

/** What surrounds the drafts: triggers with their bindings, versions, executions, modules. */
export const actionTriggerRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.get(
    '/actions/triggers',
    {
      config: { scopes: ['read:actions'], reply: { 200: TriggerList } },
      schema: { summary: 'Get triggers' },
    },
    async () => ({ triggers: triggerViews }),
  )

  app.get(
    '/actions/triggers/:triggerId/bindings',
    {
      config: { scopes: ['read:actions'], reply: { 200: ActionBindingList } },
      schema: { summary: 'Get trigger bindings', params: TriggerParams, querystring: Page },
    },
    async ({ tenant, params, query }) => {
      const window = actionPage(query)
      const bindings = await listBindings(deps, tenant, params.triggerId)
      const shown = bindings.slice(window.offset, window.offset + window.limit)
      return actionPageBody(window, 'bindings', shown, bindings.length)
    },
  )

  app.patch(
    '/actions/triggers/:triggerId/bindings',
    {
      config: { scopes: ['update:actions'], hidden: code, reply: { 200: ActionBindings } },
      schema: { summary: 'Update trigger bindings', params: TriggerParams, body: BindingsPatch },
    },
    async ({ tenant, params, body }) => ({
      bindings: await replaceBindings(deps, tenant, params.triggerId, body.bindings),
    }),
  )

  app.get(
    '/actions/actions/:actionId/versions',
    {
      config: { scopes: ['read:actions'], reply: { 200: ActionVersionList } },
      schema: {
        summary: "Get an action's versions",
        params: Type.Object({ actionId: Id }),
        querystring: Page,
      },
    },
    async ({ tenant, params, query }) => {
      const window = actionPage(query)
      const { items, total } = await listVersions(deps, tenant, params.actionId, window)
      return actionPageBody(window, 'versions', items, total)
    },
  )

  app.get(
    '/actions/actions/:actionId/versions/:id',
    {
      config: { scopes: ['read:actions'], reply: { 200: DeployedVersionView } },
      schema: { summary: 'Get a specific version of an action', params: VersionParams },
    },
    async ({ tenant, params }) => getVersion(deps, tenant, params.actionId, params.id),
  )

  app.post(
    '/actions/actions/:actionId/versions/:id/deploy',
    {
      config: { scopes: ['create:actions'], hidden: code, reply: { 200: DeployedVersionView } },
      schema: { summary: 'Roll back to a previous action version', params: VersionParams },
    },
    async ({ tenant, params, body }) =>
      rollBackAction(deps, tenant, {
        actionId: params.actionId,
        versionId: params.id,
        updateDraft: Object(body).update_draft === true,
      }),
  )

  app.get(
    '/actions/executions/:id',
    {
      config: { scopes: ['read:actions'], reply: { 200: ActionExecutionView } },
      schema: { summary: 'Get an execution', params: Type.Object({ id: Id }) },
    },
    async ({ tenant, params }) => getExecution(deps, tenant, params.id),
  )

  app.get(
    '/actions/modules',
    {
      config: { scopes: ['read:actions'], reply: { 200: ModuleList } },
      schema: { summary: 'Get modules', querystring: Page },
    },
    async ({ query }) => {
      const { page, limit } = actionPage(query)
      return { modules: [], total: 0, page, per_page: limit }
    },
  )
}
