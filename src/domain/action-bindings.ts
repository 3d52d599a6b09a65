import { AppError } from '../base/app-error.ts'
import { randomUuid } from '../base/random.ts'
import { type BindingsPatch, triggerViews } from '../contract/action-api.ts'
import {
  type ActionBindingRow,
  deleteActionBindings,
  insertActionBinding,
  listActionBindings,
} from '../store/action-bindings.ts'
import { findActionVersion } from '../store/action-versions.ts'
import { type ActionRow, findAction, listActions } from '../store/actions.ts'
import type { Db } from '../store/db.ts'
import { lockTenant } from '../store/tenants.ts'
import { actionView } from './action-views.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

type WireObject = Record<string, unknown>

/** @throws AppError `action_trigger_not_found` */
export async function listBindings(
  deps: Deps,
  tenant: Tenant,
  triggerId: string,
): Promise<WireObject[]> {
  checkTrigger(triggerId)
  const rows = await listActionBindings(deps.db, tenant.id, triggerId)
  const views = await Promise.all(rows.map((row) => bindingView(deps, row)))
  return views.filter((view) => view !== undefined)
}

/**
 * Replaces the bindings of a trigger, in the order given.
 *
 * @throws AppError `action_trigger_not_found`, `action_not_found`, `action_binding_incompatible` or
 *   `action_not_built` for an Action that is not deployed
 */
export async function replaceBindings(
  deps: Deps,
  tenant: Tenant,
  triggerId: string,
  bindings: BindingsPatch['bindings'],
): Promise<WireObject[]> {
  checkTrigger(triggerId)
  await deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    const before = await listActionBindings(tx, tenant.id, triggerId)
    await deleteActionBindings(tx, tenant.id, triggerId)
    const now = deps.clock.now()
    for (const [position, { ref, display_name }] of bindings.entries()) {
      const action = await referredAction(tx, tenant, before, ref)
      if (action === undefined) throw new AppError('action_not_found')
      if (action.trigger_id !== triggerId) throw new AppError('action_binding_incompatible')
      if (action.deployed_version_id === null) {
        throw new AppError('action_not_built', {
          message: 'The action must be deployed before it is bound to a trigger.',
        })
      }
      await insertActionBinding(tx, {
        ...{
          tenant_id: tenant.id,
          id: randomUuid(deps.random),
          trigger_id: triggerId,
          position,
        },
        ...{ action_id: action.id, display_name: display_name ?? action.name },
        ...{ created_at: now, updated_at: now },
      })
    }
  })
  return listBindings(deps, tenant, triggerId)
}

async function referredAction(
  tx: Db,
  tenant: Tenant,
  before: readonly ActionBindingRow[],
  { type, value }: BindingsPatch['bindings'][number]['ref'],
): Promise<ActionRow | undefined> {
  if (type === 'action_name') {
    const filter = { triggerId: null, name: value, deployed: null }
    return (await listActions(tx, tenant.id, filter, { limit: 1, offset: 0 }))[0]
  }
  const id =
    type === 'action_id' ? value : (before.find((row) => row.id === value)?.action_id ?? '')
  return findAction(tx, tenant.id, id)
}

async function bindingView(deps: Deps, row: ActionBindingRow): Promise<WireObject | undefined> {
  const action = await findAction(deps.db, row.tenant_id, row.action_id)
  if (action === undefined) return undefined
  const versionId = action.deployed_version_id
  const version =
    versionId === null ? undefined : await findActionVersion(deps.db, row.tenant_id, versionId)
  return {
    id: row.id,
    trigger_id: row.trigger_id,
    display_name: row.display_name,
    action: actionView(deps, action, version),
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  }
}

function checkTrigger(triggerId: string): void {
  if (!triggerViews.some(({ id }) => id === triggerId)) {
    throw new AppError('action_trigger_not_found')
  }
}
