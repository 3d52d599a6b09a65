import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Type } from 'typebox'
import {
  DuoSettings,
  GuardianFactorParams,
  GuardianFactorPut,
  GuardianFactorView,
  GuardianPolicies,
  GuardianSns,
  SelectedPushProvider,
  WebauthnSettings,
} from '../../contract/guardian.ts'
import type { Deps } from '../../domain/deps.ts'
import {
  listGuardianFactors,
  putGuardianFactor,
  putGuardianPolicies,
} from '../../domain/guardian.ts'
import { guardianPolicies } from '../../domain/guardian-settings.ts'
import { changeTenantDocument, tenantDocument } from '../../domain/tenant-documents.ts'

const read = ['read:guardian_factors']
const update = ['update:guardian_factors']

/** `/guardian/factors` and `/guardian/policies`. */
export const guardianRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (app, { deps }) => {
  app.get(
    '/guardian/factors',
    {
      config: { scopes: read, reply: { 200: GuardianFactorView } },
      schema: { summary: 'Get Factors and multi-factor authentication details' },
    },
    async ({ tenant }) => listGuardianFactors(deps, tenant),
  )

  app.put(
    '/guardian/factors/:name',
    {
      config: { scopes: update, reply: { 200: GuardianFactorPut } },
      schema: {
        summary: 'Update multi-factor authentication type',
        params: GuardianFactorParams,
        body: GuardianFactorPut,
      },
    },
    async ({ tenant, params, body }) => putGuardianFactor(deps, tenant, params.name, body.enabled),
  )

  app.get(
    '/guardian/policies',
    {
      config: { scopes: ['read:mfa_policies'], reply: { 200: GuardianPolicies } },
      schema: { summary: 'Get multi-factor authentication policies' },
    },
    async ({ tenant }) => [...(await guardianPolicies(deps, tenant))],
  )

  app.put(
    '/guardian/policies',
    {
      config: { scopes: ['update:mfa_policies'], reply: { 200: GuardianPolicies } },
      schema: { summary: 'Update multi-factor authentication policies', body: GuardianPolicies },
    },
    async ({ tenant, body }) => putGuardianPolicies(deps, tenant, body),
  )

  // What tools read and write of factors that this server does not have: kept and shown.
  for (const kept of keptSettings) {
    const { path, document, schema, initial, secret } = kept
    app.get(
      path,
      {
        config: { scopes: read, reply: { 200: schema } },
        schema: { summary: `Get ${kept.of}` },
      },
      async ({ tenant }) => Object((await tenantDocument(deps, tenant, document)) ?? initial),
    )
    app.put(
      path,
      {
        config: { scopes: update, reply: { 200: schema } },
        schema: { summary: `Update ${kept.of}`, body: schema },
      },
      async ({ tenant, body }) =>
        changeTenantDocument(deps, tenant, document, () => Object(body), secret),
    )
  }
}

const keptSettings: readonly {
  path: string
  document: string
  of: string
  schema: ReturnType<typeof Type.Object>
  initial: object
  secret: readonly string[]
}[] = [
  {
    path: '/guardian/factors/push-notification/providers/sns',
    document: 'guardian-sns',
    of: 'SNS configuration',
    schema: GuardianSns,
    initial: {},
    secret: ['aws_access_key_id', 'aws_secret_access_key'],
  },
  {
    path: '/guardian/factors/push-notification/selected-provider',
    document: 'guardian-push-provider',
    of: 'push notification provider',
    schema: SelectedPushProvider,
    initial: { provider: 'guardian' },
    secret: [],
  },
  {
    path: '/guardian/factors/duo/settings',
    document: 'guardian-duo',
    of: 'DUO configuration',
    schema: DuoSettings,
    initial: {},
    secret: ['skey'],
  },
  ...(['webauthn-roaming', 'webauthn-platform'] as const).map((name) => ({
    path: `/guardian/factors/${name}/settings`,
    document: `guardian-${name}`,
    of: `${name} settings`,
    schema: WebauthnSettings,
    initial: {},
    secret: [],
  })),
]
