import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { CustomText, PromptSettings, PromptSettingsPatch, prompts } from '../../contract/prompts.ts'
import { tenantLocales } from '../../contract/tenant-settings.ts'
import {
  customText,
  patchPromptSettings,
  promptSettings,
  putCustomText,
} from '../../domain/custom-text.ts'
import type { Deps } from '../../domain/deps.ts'

const Params = Type.Object({ prompt: Type.Enum(prompts) })
const TextParams = Type.Object({ prompt: Type.Enum(prompts), language: Type.Enum(tenantLocales) })

/** `/prompts`: the pages of sign-in and a tenant's own texts on them. */
export const promptRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (app, { deps }) => {
  const read = { scopes: ['read:prompts'] }
  const update = { scopes: ['update:prompts'] }

  app.get(
    '/prompts',
    {
      config: { ...read, reply: { 200: PromptSettings } },
      schema: { summary: 'Get prompt settings' },
    },
    async ({ tenant }) => promptSettings(deps, tenant),
  )

  app.patch(
    '/prompts',
    {
      config: { ...update, reply: { 200: PromptSettings } },
      schema: { summary: 'Update prompt settings', body: PromptSettingsPatch },
    },
    async ({ tenant, body }) => patchPromptSettings(deps, tenant, body),
  )

  const text = '/prompts/:prompt/custom-text/:language'
  app.get(
    text,
    {
      config: { ...read, reply: { 200: CustomText } },
      schema: { summary: 'Get custom text for a prompt', params: TextParams },
    },
    async ({ tenant, params }) => customText(deps, tenant, params.prompt, params.language),
  )

  app.put(
    text,
    {
      config: { ...update, reply: { 200: CustomText } },
      schema: {
        summary: 'Set custom text for a specific prompt',
        params: TextParams,
        body: CustomText,
      },
    },
    async ({ tenant, params, body }) =>
      putCustomText(deps, tenant, params.prompt, params.language, body),
  )

  app.get(
    '/prompts/:prompt/partials',
    {
      config: { ...read, reply: { 200: Type.Object({}) } },
      schema: { summary: 'Get partials for a prompt', params: Params },
    },
    async () => ({}),
  )
}
