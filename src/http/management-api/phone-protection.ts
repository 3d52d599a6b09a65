import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PhoneProtection, PhoneProtectionPatch } from '../../contract/protection.ts'
import type { Deps } from '../../domain/deps.ts'
import { changeProtection } from '../../domain/protection.ts'

/** `/phone/protection`: how much may be sent, and to which kinds of number. */
export const phoneProtectionRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.get(
    '/phone/protection',
    {
      config: { scopes: ['read:phone_protection'], reply: { 200: PhoneProtection } },
      schema: { summary: 'Get the phone protection' },
    },
    async ({ tenant }) => tenant.protection.phone,
  )

  app.patch(
    '/phone/protection',
    {
      config: { scopes: ['update:phone_protection'], reply: { 200: PhoneProtection } },
      schema: {
        summary: 'Update the phone protection',
        body: PhoneProtectionPatch,
      },
    },
    // A limit is two numbers that make sense only together, so it is replaced, not merged.
    async ({ tenant, body }) =>
      changeProtection(deps, tenant, 'phone', (before) => ({ ...before, ...body })),
  )
}
