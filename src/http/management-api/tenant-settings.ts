import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import {
  TenantSettingsFields,
  TenantSettingsPatch,
  TenantSettingsView,
} from '../../contract/tenant-settings.ts'
import type { Deps } from '../../domain/deps.ts'
import { getTenantSettings, patchTenantSettings } from '../../domain/tenant-settings.ts'
import { fieldsQuery, selectFields } from './paging.ts'

/** `/tenants/settings`. */
export const tenantSettingsRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (
  app,
  { deps },
) => {
  app.get(
    '/tenants/settings',
    {
      config: { scopes: ['read:tenant_settings'], reply: { 200: TenantSettingsFields } },
      schema: { summary: 'Get tenant settings', querystring: Type.Object(fieldsQuery) },
    },
    async ({ tenant, query }) => selectFields(getTenantSettings(tenant), query),
  )

  app.patch(
    '/tenants/settings',
    {
      config: { scopes: ['update:tenant_settings'], reply: { 200: TenantSettingsView } },
      schema: { summary: 'Update tenant settings', body: TenantSettingsPatch },
    },
    async ({ tenant, body }) => patchTenantSettings(deps, tenant, body),
  )
}
