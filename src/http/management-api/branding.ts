import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError } from '../../base/app-error.ts'
import { Branding, BrandingPatch } from '../../contract/branding.ts'
import { BrandingTheme, BrandingThemeBody } from '../../contract/branding-themes.ts'
import {
  createTheme,
  getBranding,
  getTheme,
  patchBranding,
  removeTheme,
  replaceTheme,
} from '../../domain/branding.ts'
import type { Deps } from '../../domain/deps.ts'

const Params = Type.Object({ id: Type.String({ maxLength: 100 }) })

/** `/branding` and its theme. */
export const brandingRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (app, { deps }) => {
  app.get(
    '/branding',
    {
      config: { scopes: ['read:branding'], reply: { 200: Branding } },
      schema: { summary: 'Get branding settings' },
    },
    async ({ tenant }) => getBranding(deps, tenant),
  )

  app.patch(
    '/branding',
    {
      config: { scopes: ['update:branding'], reply: { 200: Branding } },
      schema: { summary: 'Update branding settings', body: BrandingPatch },
    },
    async ({ tenant, body }) => patchBranding(deps, tenant, body),
  )

  app.get(
    '/branding/themes/default',
    {
      config: { scopes: ['read:branding'], reply: { 200: BrandingTheme } },
      schema: { summary: 'Get default branding theme' },
    },
    async ({ tenant }) => getTheme(deps, tenant),
  )

  app.post(
    '/branding/themes',
    {
      config: { scopes: ['create:branding', 'update:branding'], reply: { 200: BrandingTheme } },
      schema: { summary: 'Create branding theme', body: BrandingThemeBody },
    },
    async ({ tenant, body }) => createTheme(deps, tenant, body),
  )

  app.get(
    '/branding/themes/:id',
    {
      config: { scopes: ['read:branding'], reply: { 200: BrandingTheme } },
      schema: { summary: 'Get branding theme', params: Params },
    },
    async ({ tenant, params }) => getTheme(deps, tenant, params.id),
  )

  app.patch(
    '/branding/themes/:id',
    {
      config: { scopes: ['update:branding'], reply: { 200: BrandingTheme } },
      schema: { summary: 'Update branding theme', params: Params, body: BrandingThemeBody },
    },
    async ({ tenant, params, body }) => replaceTheme(deps, tenant, params.id, body),
  )

  app.delete(
    '/branding/themes/:id',
    {
      config: { scopes: ['delete:branding'], reply: { 204: null } },
      schema: { summary: 'Delete branding theme', params: Params },
    },
    async ({ tenant, params }, reply) => {
      await removeTheme(deps, tenant, params.id)
      return reply.code(204).send()
    },
  )

  app.get(
    '/branding/templates/universal-login',
    {
      config: { scopes: ['read:branding'], reply: {} },
      schema: { summary: 'Get template for New Universal Login Experience' },
    },
    async () => {
      throw new AppError('universal_login_template_not_found')
    },
  )
}
