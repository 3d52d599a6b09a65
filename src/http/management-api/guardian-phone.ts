import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import {
  GuardianTemplates,
  GuardianTwilio,
  PhoneMessageTypes,
  SelectedPhoneProvider,
} from '../../contract/guardian.ts'
import type { Deps } from '../../domain/deps.ts'
import {
  assertLegacyMfaPhone,
  getGuardianTemplates,
  getGuardianTwilio,
  getSelectedPhoneProvider,
  putGuardianTemplates,
  putGuardianTwilio,
  putPhoneMessageTypes,
  putSelectedPhoneProvider,
} from '../../domain/guardian.ts'
import { phoneMessageTypes } from '../../domain/guardian-settings.ts'
import { noteLegacyUse } from '../../domain/legacy-notice.ts'

const read = ['read:guardian_factors']
const update = ['update:guardian_factors']

/**
 * The phone settings of Guardian. All but the message types are the older way, closed on the unified
 * experience; they answer under `phone` and under the former name `sms` alike.
 */
export const guardianPhoneRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.get(
    '/guardian/factors/phone/message-types',
    {
      config: { scopes: read, reply: { 200: PhoneMessageTypes } },
      schema: { summary: 'Get Enabled Phone Factors' },
    },
    async ({ tenant }) => ({ message_types: [...(await phoneMessageTypes(deps, tenant))] }),
  )

  app.put(
    '/guardian/factors/phone/message-types',
    {
      config: { scopes: update, reply: { 200: PhoneMessageTypes } },
      schema: { summary: 'Update Enabled Phone Factors', body: PhoneMessageTypes },
    },
    async ({ tenant, body }) => putPhoneMessageTypes(deps, tenant, body),
  )

  /** The gate of the older settings; their use is noted, so that an administrator can plan the switch. */
  const legacy = async (request: FastifyRequest): Promise<void> => {
    assertLegacyMfaPhone(request.tenant)
    const feature = (request.routeOptions.url ?? '').replace('/api/v2/', '')
    noteLegacyUse(deps, request.tenant, {
      feature,
      description: `${feature}: older phone settings are in use`,
      client_id: request.access.clientId,
      ip: request.ip,
      user_agent: request.headers['user-agent'] ?? '',
    })
  }

  for (const family of ['phone', 'sms'] as const) {
    const path = `/guardian/factors/${family}`

    app.get(
      `${path}/selected-provider`,
      {
        preHandler: legacy,
        config: { scopes: read, reply: { 200: SelectedPhoneProvider } },
        schema: { summary: 'Get phone provider configuration' },
      },
      async ({ tenant }) => getSelectedPhoneProvider(deps, tenant),
    )
    app.put(
      `${path}/selected-provider`,
      {
        preHandler: legacy,
        config: { scopes: update, reply: { 200: SelectedPhoneProvider } },
        schema: { summary: 'Update phone provider configuration', body: SelectedPhoneProvider },
      },
      async ({ tenant, body }) => putSelectedPhoneProvider(deps, tenant, body),
    )

    app.get(
      `${path}/providers/twilio`,
      {
        preHandler: legacy,
        config: { scopes: read, reply: { 200: GuardianTwilio } },
        schema: { summary: 'Get Twilio configuration' },
      },
      async ({ tenant }) => getGuardianTwilio(deps, tenant),
    )
    app.put(
      `${path}/providers/twilio`,
      {
        preHandler: legacy,
        config: { scopes: update, reply: { 200: GuardianTwilio } },
        schema: { summary: 'Update Twilio configuration', body: GuardianTwilio },
      },
      async ({ tenant, body }) => putGuardianTwilio(deps, tenant, body),
    )

    app.get(
      `${path}/templates`,
      {
        preHandler: legacy,
        config: { scopes: read, reply: { 200: GuardianTemplates } },
        schema: { summary: 'Get Enrollment and Verification Phone Templates' },
      },
      async ({ tenant }) => getGuardianTemplates(deps, tenant),
    )
    app.put(
      `${path}/templates`,
      {
        preHandler: legacy,
        config: { scopes: update, reply: { 200: GuardianTemplates } },
        schema: {
          summary: 'Update Enrollment and Verification Phone Templates',
          body: GuardianTemplates,
        },
      },
      async ({ tenant, body }) => putGuardianTemplates(deps, tenant, body),
    )
  }
}
