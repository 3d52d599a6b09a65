import { AppError } from '../base/app-error.ts'
import {
  type CustomText,
  type Prompt,
  type PromptSettings,
  type PromptSettingsPatch,
  writablePrompts,
} from '../contract/prompts.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'
import { changeTenantDocument, tenantDocument } from './tenant-documents.ts'

const defaultSettings: PromptSettings = {
  universal_login_experience: 'new',
  identifier_first: false,
  webauthn_platform_first_factor: false,
}

/** How the pages of sign-in are put together. */
export const promptSettings = async (deps: Deps, tenant: Tenant): Promise<PromptSettings> => ({
  ...defaultSettings,
  ...((await tenantDocument(deps, tenant, 'prompts')) as PromptSettings | undefined), // written below only
})

export const patchPromptSettings = (
  deps: Deps,
  tenant: Tenant,
  patch: PromptSettingsPatch,
): Promise<PromptSettings> =>
  changeTenantDocument(deps, tenant, 'prompts', (before) => {
    const sent = Object.entries(patch).map(([member, value]) => [
      member,
      value ?? defaultSettings[member as keyof PromptSettings], // the body is closed
    ])
    return { ...defaultSettings, ...Object(before), ...Object.fromEntries(sent) }
  })

/**
 * A tenant's own texts of a prompt in a language, by screen and key; empty when it has none. Read once
 * for each version of the settings.
 *
 * @param prompt one of the list, and `language` one that a tenant can enable
 */
export const customText = async (
  deps: Deps,
  tenant: Tenant,
  prompt: Prompt,
  language: string,
): Promise<CustomText> =>
  isWritable(prompt)
    ? (((await tenantDocument(deps, tenant, nameOf(prompt, language))) ?? {}) as CustomText) // written below only
    : {}

/**
 * Replaces the texts of a prompt in a language.
 *
 * @throws AppError `operation_not_supported` for texts of a prompt that is never shown here
 */
export async function putCustomText(
  deps: Deps,
  tenant: Tenant,
  prompt: Prompt,
  language: string,
  text: CustomText,
): Promise<CustomText> {
  if (isWritable(prompt)) {
    return changeTenantDocument(deps, tenant, nameOf(prompt, language), () => text)
  }
  // Tools write back the nothing that they read.
  if (Object.keys(text).length === 0) return {}
  throw new AppError('operation_not_supported', {
    message: `This server shows no screen of the prompt ${prompt}, so it has no texts.`,
  })
}

const isWritable = (prompt: Prompt): boolean => writablePrompts.some((known) => known === prompt)

const nameOf = (prompt: Prompt, language: string) => `prompts/${prompt}/custom-text/${language}`
