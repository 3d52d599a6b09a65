import type { ActionProgram } from '../actions/action-runner.ts'
import type { ActionTrigger } from '../contract/actions.ts'
import { findDeployedVersion, findVersionBundle } from '../store/action-versions.ts'
import { unpackBundle } from './action-build.ts'
import { openSecrets } from './action-secrets.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/** What a trigger of a tenant runs at this moment. */
export type DeployedAction = {
  program: ActionProgram
  actionId: string
  actionName: string
  versionId: string
  bindingId: string | undefined
  secrets: Readonly<Record<string, string>>
}

/**
 * The Action that is bound to a trigger, else the only deployed one. Kept with the tenant's settings,
 * so that a deploy through one process acts in all of them with the next message.
 */
export function deployedAction(
  deps: Deps,
  tenant: Tenant,
  trigger: ActionTrigger,
): Promise<DeployedAction | undefined> {
  const key = `deployed-action/${trigger}`
  // Only this function writes the key.
  const known = tenant.derived.get(key) as Promise<DeployedAction | undefined> | undefined
  if (known !== undefined) return known
  const finding = find(deps, tenant.id, trigger)
  tenant.derived.set(key, finding)
  finding.catch(() => tenant.derived.delete(key))
  return finding
}

async function find(
  deps: Deps,
  tenantId: string,
  trigger: ActionTrigger,
): Promise<DeployedAction | undefined> {
  const row = await findDeployedVersion(deps.db, tenantId, trigger)
  if (row === undefined) return undefined
  const secrets = openSecrets(deps, tenantId, 'action-version-secrets', row.id, row.sealed_secrets)
  return {
    program: {
      ...{ tenantId, actionId: row.action_id, versionId: row.id, trigger },
      ...{ triggerVersion: row.trigger_version, digest: row.digest },
      loadBundle: async () => {
        const found = await findVersionBundle(deps.db, tenantId, row.id)
        if (found === undefined) throw new Error('the version was deleted')
        return unpackBundle(found.bundle)
      },
    },
    ...{ actionId: row.action_id, actionName: row.action_name, versionId: row.id },
    bindingId: row.binding_id ?? undefined,
    secrets: Object.fromEntries(secrets.map(({ name, value }) => [name, value])),
  }
}
