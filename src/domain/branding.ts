import { AppError } from '../base/app-error.ts'
import { randomHex } from '../base/random.ts'
import type { Branding, BrandingPatch } from '../contract/branding.ts'
import type { BrandingTheme, BrandingThemeBody } from '../contract/branding-themes.ts'
import { deleteTenantDocument } from '../store/tenant-documents.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'
import { changeTenantDocument, tenantDocument } from './tenant-documents.ts'

const brandingName = 'branding'
const themeName = 'branding/themes/default'

/** Colours, logo and font; members that nobody has set are left out. */
export const getBranding = async (deps: Deps, tenant: Tenant): Promise<Branding> =>
  ((await tenantDocument(deps, tenant, brandingName)) ?? {}) as Branding // written below only

/** Members that are sent replace the stored ones, null removes; members of objects one by one. */
export const patchBranding = (
  deps: Deps,
  tenant: Tenant,
  patch: BrandingPatch,
): Promise<Branding> =>
  changeTenantDocument(
    deps,
    tenant,
    brandingName,
    (before) => merged((before ?? {}) as Members, patch) as Branding, // the patch was checked
  )

type Members = Readonly<Record<string, unknown>>

function merged(before: Members, patch: Members, depth = 0): Members {
  const result: Record<string, unknown> = { ...before }
  for (const [member, value] of Object.entries(patch)) {
    const nested = depth === 0 && (member === 'colors' || member === 'font')
    if (value === null) delete result[member]
    else if (!nested) result[member] = value
    else {
      const part = merged(Object(before[member]), Object(value), depth + 1)
      if (Object.keys(part).length > 0) result[member] = part
      else delete result[member]
    }
  }
  return result
}

/**
 * The tenant's theme, of which there is one at most.
 *
 * @param id of a theme; absent: the default
 * @throws AppError `theme_not_found`
 */
export async function getTheme(deps: Deps, tenant: Tenant, id?: string): Promise<BrandingTheme> {
  const theme = await themeOf(deps, tenant)
  if (theme === undefined || (id !== undefined && theme.themeId !== id)) {
    throw new AppError('theme_not_found')
  }
  return theme
}

/** What pages are drawn with; undefined when the tenant has none. */
export const themeOf = async (deps: Deps, tenant: Tenant): Promise<BrandingTheme | undefined> =>
  (await tenantDocument(deps, tenant, themeName)) as BrandingTheme | undefined // written below only

/** @throws AppError `theme_exists` */
export const createTheme = (
  deps: Deps,
  tenant: Tenant,
  body: BrandingThemeBody,
): Promise<BrandingTheme> =>
  changeTenantDocument(deps, tenant, themeName, (before) => {
    if (before !== undefined) throw new AppError('theme_exists')
    return { ...body, displayName: body.displayName ?? '', themeId: randomHex(deps.random, 32) }
  })

/** Replaces a theme. @throws AppError `theme_not_found` */
export const replaceTheme = (
  deps: Deps,
  tenant: Tenant,
  id: string,
  body: BrandingThemeBody,
): Promise<BrandingTheme> =>
  changeTenantDocument(deps, tenant, themeName, (before) => {
    const theme = before as BrandingTheme | undefined // written here only
    if (theme?.themeId !== id) throw new AppError('theme_not_found')
    return { ...body, displayName: body.displayName ?? theme.displayName, themeId: id }
  })

/** @throws AppError `theme_not_found` */
export async function removeTheme(deps: Deps, tenant: Tenant, id: string): Promise<void> {
  await getTheme(deps, tenant, id)
  await deleteTenantDocument(deps.db, tenant.id, themeName)
}
