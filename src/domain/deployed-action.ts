import type { ActionProgram } from '../actions/action-runner.ts'
import type { ActionTrigger } from '../contract/actions.ts'
import {
  type DeployedVersionRow,
  findDeployedVersion,
  findVersionBundle,
  listDeployedVersions,
} from '../store/action-versions.ts'
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
  return keep(tenant, `deployed-action/${trigger}`, async () => {
    const row = await findDeployedVersion(deps.db, tenant.id, trigger)
    return row && actionOf(deps, tenant.id, trigger, row)
  })
}

/** As many as a trigger takes, and more. Source: Auth0, limits of Actions. */
const mostBound = 100

/** The Actions that are bound to a trigger, in the order in which they run; kept as `deployedAction`. */
export const boundActions = (
  deps: Deps,
  tenant: Tenant,
  trigger: ActionTrigger,
): Promise<readonly DeployedAction[]> =>
  keep(tenant, `bound-actions/${trigger}`, async () => {
    const wanted = { bound: true, take: mostBound }
    const rows = await listDeployedVersions(deps.db, tenant.id, trigger, wanted)
    return rows.map((row) => actionOf(deps, tenant.id, trigger, row))
  })

function keep<Found>(tenant: Tenant, key: string, find: () => Promise<Found>): Promise<Found> {
  // A key is written here only, and always with the same kind of value.
  const known = tenant.derived.get(key) as Promise<Found> | undefined
  if (known !== undefined) return known
  const finding = find()
  tenant.derived.set(key, finding)
  finding.catch(() => tenant.derived.delete(key))
  return finding
}

function actionOf(
  deps: Deps,
  tenantId: string,
  trigger: ActionTrigger,
  row: DeployedVersionRow,
): DeployedAction {
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
