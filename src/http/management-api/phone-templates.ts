import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { TestMessage, TestMessageReply } from '../../contract/phone-providers.ts'
import {
  PhoneTemplateCreate,
  PhoneTemplateList,
  PhoneTemplatePatch,
  PhoneTemplateView,
} from '../../contract/phone-templates.ts'
import type { Deps } from '../../domain/deps.ts'
import {
  createPhoneTemplate,
  getPhoneTemplate,
  listPhoneTemplatesOf,
  removePhoneTemplate,
  resetPhoneTemplate,
  updatePhoneTemplateOf,
} from '../../domain/phone-templates.ts'
import { tryMessage } from './test-messages.ts'

const Params = Type.Object({ id: Type.String() })

/** `/branding/phone/templates`. */
export const phoneTemplateRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  const path = '/branding/phone/templates'

  app.get(
    path,
    {
      config: { scopes: ['read:phone_templates'], reply: { 200: PhoneTemplateList } },
      schema: {
        summary: 'Get a list of phone notification templates',
        querystring: Type.Object({ disabled: Type.Optional(Type.Boolean()) }),
      },
    },
    async ({ tenant, query }) => ({ templates: await listPhoneTemplatesOf(deps, tenant, query) }),
  )

  app.post(
    path,
    {
      config: { scopes: ['create:phone_templates'], reply: { 201: PhoneTemplateView } },
      schema: { summary: 'Create a phone notification template', body: PhoneTemplateCreate },
    },
    async ({ tenant, body }, reply) => {
      const template = await createPhoneTemplate(deps, tenant, body)
      return reply.code(201).send(template)
    },
  )

  app.get(
    `${path}/:id`,
    {
      config: { scopes: ['read:phone_templates'], reply: { 200: PhoneTemplateView } },
      schema: { summary: 'Get a phone notification template', params: Params },
    },
    async ({ tenant, params }) => getPhoneTemplate(deps, tenant, params.id),
  )

  app.patch(
    `${path}/:id`,
    {
      config: { scopes: ['update:phone_templates'], reply: { 200: PhoneTemplateView } },
      schema: {
        summary: 'Update a phone notification template',
        params: Params,
        body: PhoneTemplatePatch,
      },
    },
    async ({ tenant, params, body }) => updatePhoneTemplateOf(deps, tenant, params.id, body),
  )

  app.delete(
    `${path}/:id`,
    {
      config: { scopes: ['delete:phone_templates'], reply: { 204: null } },
      schema: { summary: 'Delete a phone notification template', params: Params },
    },
    async ({ tenant, params }, reply) => {
      await removePhoneTemplate(deps, tenant, params.id)
      return reply.code(204).send()
    },
  )

  app.patch(
    `${path}/:id/reset`,
    {
      config: { scopes: ['update:phone_templates'], reply: { 200: PhoneTemplateView } },
      schema: { summary: 'Reset a phone notification template', params: Params },
    },
    async ({ tenant, params }) => resetPhoneTemplate(deps, tenant, params.id),
  )

  app.post(
    `${path}/:id/try`,
    {
      config: { scopes: ['create:phone_templates'], reply: { 202: TestMessageReply } },
      schema: {
        summary: 'Send a test phone notification for the template',
        params: Params,
        body: TestMessage,
      },
    },
    async (request, reply) => {
      const { tenant, params, body } = request
      const template = await getPhoneTemplate(deps, tenant, params.id)
      const tried = await tryMessage(deps, request, {
        type: template.type,
        to: body.to,
        deliveryMethod: body.delivery_method,
      })
      return reply.code(202).send(tried)
    },
  )
}
