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
}

const Nothing = Type.Array(Type.Object({}), { maxItems: 0 })

function replyOf({ key, form }: Section): TSchema {
  if (key === undefined) return Nothing
  if (form === 'wrapped') return Type.Object({ [key]: Nothing })
  const count = Type.Optional(Type.Integer())
  const wrapper = Type.Object({ [key]: Nothing, start: count, limit: count, total: count })
  return Type.Union([Nothing, wrapper])
}
