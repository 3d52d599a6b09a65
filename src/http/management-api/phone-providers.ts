import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import {
  PhoneProviderCreate,
  PhoneProviderList,
  PhoneProviderPatch,
  PhoneProviderView,
  TestMessage,
  TestMessageReply,
} from '../../contract/phone-providers.ts'
import type { Deps } from '../../domain/deps.ts'
import {
  createPhoneProvider,
  getPhoneProvider,
  listPhoneProviders,
  removePhoneProvider,
  updatePhoneProviderOf,
  usesOfPhoneProvider,
} from '../../domain/phone-providers.ts'
import type { Tenant } from '../../domain/tenant.ts'
import { tryMessage } from './test-messages.ts'

const Params = Type.Object({ id: Type.String() })

/** `/branding/phone/providers`. */
export const phoneProviderRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  const path = '/branding/phone/providers'

  app.get(
    path,
    {
      config: { scopes: ['read:phone_providers'], reply: { 200: PhoneProviderList } },
      schema: {
        summary: 'Get a list of phone notification providers',
        querystring: Type.Object({ disabled: Type.Optional(Type.Boolean()) }),
      },
    },
    async ({ tenant, query }) => {
      const providers = await listPhoneProviders(deps, tenant, query)
      // The list names the secret and shows none; single answers leave the member out.
      return { providers: providers.map((provider) => ({ ...provider, credentials: null })) }
    },
  )

  app.post(
    path,
    {
      config: { scopes: ['create:phone_providers'], reply: { 201: PhoneProviderView } },
      schema: { summary: 'Create a phone provider', body: PhoneProviderCreate },
    },
    async ({ tenant, body }, reply) => {
      const provider = await createPhoneProvider(deps, tenant, body)
      return reply.code(201).send(provider)
    },
  )

  app.get(
    `${path}/:id`,
    {
      config: { scopes: ['read:phone_providers'], reply: { 200: PhoneProviderView } },
      schema: { summary: 'Get a phone provider', params: Params },
    },
    async ({ tenant, params }) => getPhoneProvider(deps, tenant, params.id),
  )

  app.patch(
    `${path}/:id`,
    {
      config: { scopes: ['update:phone_providers'], reply: { 200: PhoneProviderView } },
      schema: {
        summary: 'Update the phone provider',
        params: Params,
        body: PhoneProviderPatch,
      },
    },
    async ({ tenant, params, body }, reply) => {
      const provider = await updatePhoneProviderOf(deps, tenant, params.id, body)
      if (body.disabled === true) await warnOfUses(deps, tenant, reply)
      return provider
    },
  )

  app.delete(
    `${path}/:id`,
    {
      config: { scopes: ['delete:phone_providers'], reply: { 204: null } },
      schema: { summary: 'Delete a phone provider', params: Params },
    },
    async ({ tenant, params }, reply) => {
      await removePhoneProvider(deps, tenant, params.id)
      await warnOfUses(deps, tenant, reply)
      return reply.code(204).send()
    },
  )

  app.post(
    `${path}/:id/try`,
    {
      config: { scopes: ['create:phone_providers'], reply: { 202: TestMessageReply } },
      schema: {
        summary: 'Send a test phone notification for the configured provider',
        params: Params,
        body: Type.Object(TestMessage.properties, { additionalProperties: false }),
      },
    },
    async (request, reply) => {
      const { tenant, params, body } = request
      await getPhoneProvider(deps, tenant, params.id)
      const tried = await tryMessage(deps, request, {
        type: 'otp_verify',
        to: body.to,
        deliveryMethod: body.delivery_method,
      })
      return reply.code(202).send(tried)
    },
  )
}

/** RFC 9111's `Warning` went out of use; the original's administrators are told by it all the same. */
async function warnOfUses(deps: Deps, tenant: Tenant, reply: FastifyReply): Promise<void> {
  const uses = await usesOfPhoneProvider(deps, tenant)
  if (uses.length === 0) return
  const text = `No message can be sent until a phone provider is enabled. Affected: ${uses.join(', ')}`
  // A header holds printable ASCII only, and the text stands in quotes.
  const printable = text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, "'")
  reply.header('warning', `199 - "${printable}"`)
}
