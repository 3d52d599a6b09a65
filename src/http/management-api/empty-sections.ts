import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type TSchema, Type } from 'typebox'
import { AppError } from '../../base/app-error.ts'
import type { ErrorCode } from '../../base/error-codes.ts'
import type { Deps } from '../../domain/deps.ts'
import { checkpointQuery, fieldsQuery, offsetBody, offsetPage, offsetQuery } from './paging.ts'

/** A section of the original that this server does not have: its list is read, and is empty. */
type Section = {
  scope: string
  summary: string
  /** The member of the wrapper that holds the items. */
  key?: string
  /** `wrapped`: an object in every case. `checkpoint`: one when `take` or `from` is sent. */
  form?: 'wrapped' | 'checkpoint'
}

/**
 * What tools read of every tenant, whether or not it is used. Nothing can be written there: these
 * sections have no other route, so a write is 404. Source: Auth0's Management API v2.
 */
const sections: Readonly<Record<string, Section>> = {
  '/connection-profiles': {
    scope: 'read:connection_profiles',
    summary: 'Get Connection Profiles',
    ...{ key: 'connection_profiles', form: 'wrapped' },
  },
  '/custom-domains': {
    scope: 'read:custom_domains',
    summary: 'Get custom domains configurations',
    ...{ key: 'custom_domains', form: 'checkpoint' },
  },
  '/event-streams': {
    scope: 'read:event_streams',
    summary: 'Get event streams',
    ...{ key: 'eventStreams', form: 'wrapped' },
  },
  '/flows': { scope: 'read:flows', summary: 'Get flows', key: 'flows' },
  '/flows/vault/connections': {
    scope: 'read:flows_vault_connections',
    summary: 'Get Flows Vault connection list',
    key: 'connections',
  },
  '/forms': { scope: 'read:forms', summary: 'Get forms', key: 'forms' },
  '/hooks': { scope: 'read:hooks', summary: 'Get hooks', key: 'hooks' },
  '/network-acls': {
    scope: 'read:network_acls',
    summary: 'Get all access control list entries for a tenant',
    key: 'network_acls',
  },
  '/organizations': {
    scope: 'read:organizations',
    summary: 'Get organizations',
    ...{ key: 'organizations', form: 'checkpoint' },
  },
  '/prompts/rendering': {
    scope: 'read:prompts',
    summary: 'Get render setting configurations for all screens',
    key: 'configs',
  },
  '/roles': { scope: 'read:roles', summary: 'Get roles', key: 'roles' },
  '/rules': { scope: 'read:rules', summary: 'Get rules', key: 'rules' },
  '/rules-configs': {
    scope: 'read:rules_configs',
    summary: 'Retrieve config variable keys for rules',
  },
  '/self-service-profiles': {
    scope: 'read:self_service_profiles',
    summary: 'Get self-service profiles',
    key: 'self_service_profiles',
  },
  '/token-exchange-profiles': {
    scope: 'read:token_exchange_profiles',
    summary: 'Get token exchange profiles',
    ...{ key: 'token_exchange_profiles', form: 'wrapped' },
  },
  '/user-attribute-profiles': {
    scope: 'read:user_attribute_profiles',
    summary: 'Get User Attribute Profiles',
    ...{ key: 'user_attribute_profiles', form: 'wrapped' },
  },
}

/** Single things of the original that no tenant here has. */
const absent: readonly { path: string; scope: string; summary: string; code: ErrorCode }[] = [
  {
    path: '/emails/provider',
    scope: 'read:email_provider',
    summary: 'Get email provider',
    code: 'email_provider_not_found',
  },
  {
    path: '/email-templates/:name',
    scope: 'read:email_templates',
    summary: 'Get an email template',
    code: 'email_template_not_found',
  },
  {
    // A tool that reads everything stops at any other refusal.
    path: '/supplemental-signals',
    scope: 'read:attack_protection',
    summary: 'Get the supplemental signals configuration for a tenant',
    code: 'feature_not_enabled',
  },
]

const Query = Type.Object({ ...offsetQuery, ...checkpointQuery, ...fieldsQuery })

/** Sections that an empty tenant of the original has too. */
export const emptySectionRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (app) => {
  for (const [path, section] of Object.entries(sections)) {
    app.get(
      path,
      {
        config: { scopes: [section.scope], reply: { 200: replyOf(section) } },
        schema: { summary: section.summary, querystring: Query },
      },
      async ({ query }) => {
        const { key, form } = section
        if (key === undefined) return []
        const asked = query.take !== undefined || query.from !== undefined
        if (form === 'wrapped' || (form === 'checkpoint' && asked)) return { [key]: [] }
        return offsetBody(offsetPage(query), { key }, [], 0)
      },
    )
  }
  for (const { path, scope, summary, code } of absent) {
    app.get(path, { config: { scopes: [scope], reply: {} }, schema: { summary } }, async () => {
      throw new AppError(code)
    })
  }
  riskAssessmentRoutes(app)
}

/** Days; 0 is none. */
const NewDevice = Type.Object(
  { remember_for: Type.Integer({ minimum: 0, maximum: 365 }) },
  { additionalProperties: false },
)
const RiskAssessment = Type.Object({ enabled: Type.Boolean() }, { additionalProperties: false })

/** Risk assessments are off; a tool that writes back what it read is answered so, and no other write is. */
function riskAssessmentRoutes(app: Parameters<typeof emptySectionRoutes>[0]): void {
  const reply = { 200: RiskAssessment }
  app.get(
    '/risk-assessments/settings',
    {
      config: { scopes: ['read:attack_protection'], reply },
      schema: { summary: 'Get risk assessment settings' },
    },
    async () => ({ enabled: false }),
  )
  app.patch(
    '/risk-assessments/settings',
    {
      config: { scopes: ['update:attack_protection'], reply },
      schema: { summary: 'Update risk assessment settings', body: RiskAssessment },
    },
    async ({ body }) => {
      if (body.enabled) throw new AppError('feature_not_enabled')
      return { enabled: false }
    },
  )
  const newDevice = '/risk-assessments/settings/new-device'
  app.get(
    newDevice,
    {
      config: { scopes: ['read:attack_protection'], reply: { 200: NewDevice } },
      schema: { summary: 'Get new device assessor' },
    },
    async () => ({ remember_for: 0 }),
  )
  app.patch(
    newDevice,
    {
      config: { scopes: ['update:attack_protection'], reply: { 200: NewDevice } },
      schema: { summary: 'Update new device assessor', body: NewDevice },
    },
    async ({ body }) => {
      if (body.remember_for !== 0) throw new AppError('feature_not_enabled')
      return { remember_for: 0 }
    },
  )
}

const Nothing = Type.Array(Type.Object({}), { maxItems: 0 })

function replyOf({ key, form }: Section): TSchema {
  if (key === undefined) return Nothing
  if (form === 'wrapped') return Type.Object({ [key]: Nothing })
  const count = Type.Optional(Type.Integer())
  const wrapper = Type.Object({ [key]: Nothing, start: count, limit: count, total: count })
  return Type.Union([Nothing, wrapper])
}
