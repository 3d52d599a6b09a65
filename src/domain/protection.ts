import type { Protection } from '../contract/protection.ts'
import { lockTenant, updateTenantProtection } from '../store/tenants.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/**
 * Changes one part of a tenant's protection and returns it. The row is locked from reading to writing,
 * so two administrators who change different limits at once both keep theirs.
 *
 * @param change computes the part from the stored one; undefined when it was never stored
 */
export async function changeProtection<Part extends keyof Protection>(
  deps: Deps,
  tenant: Tenant,
  part: Part,
  change: (before: Protection[Part]) => NonNullable<Protection[Part]>,
): Promise<NonNullable<Protection[Part]>> {
  return deps.db.transaction(async (tx) => {
    const row = await lockTenant(tx, tenant.id)
    if (row === undefined) throw new Error('the tenant of a running request does not exist')
    const before = row.protection as Protection // written by us only, from this type
    const changed = change(before[part])
    await updateTenantProtection(tx, tenant.id, { ...before, [part]: changed })
    return changed
  })
}

/**
 * `before` with the members of `patch`; objects are merged member by member, lists are replaced.
 * An undefined member of the patch changes nothing.
 */
export function mergeSettings<Settings extends object>(before: Settings, patch: object): Settings {
  const merged = Object.entries(patch)
    .filter(([, value]) => value !== undefined)
    .map(([member, value]) => {
      const former: unknown = Reflect.get(before, member)
      return [member, isPlain(former) && isPlain(value) ? mergeSettings(former, value) : value]
    })
  return { ...before, ...Object.fromEntries(merged) }
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
