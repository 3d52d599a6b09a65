import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PhoneExperience } from '../../contract/phone-experience.ts'
import type { Deps } from '../../domain/deps.ts'
import { phoneExperience } from '../../domain/phone-experience.ts'

/** `/phone/experience`: the state of the switch and of what uses the phone. */
export const phoneExperienceRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.get(
    '/phone/experience',
    {
      config: { scopes: ['read:phone_experience'], reply: { 200: PhoneExperience } },
      schema: { summary: 'Get the phone experience' },
    },
    async ({ tenant }) => phoneExperience(deps, tenant),
  )
}
