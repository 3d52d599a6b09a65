import type { ActionVersionRow } from '../store/action-versions.ts'
import type { ActionRow } from '../store/actions.ts'
import { openSecrets, secretViews } from './action-secrets.ts'
import type { Deps } from './deps.ts'

type WireObject = Record<string, unknown>

const iso = (time: number) => new Date(time).toISOString()

const triggersOf = (row: { trigger_id: string; trigger_version: string }) => [
  { id: row.trigger_id, version: row.trigger_version },
]

/** An Action on the wire; `version` is what runs. */
export function actionView(
  deps: Deps,
  row: ActionRow,
  version: ActionVersionRow | undefined,
): WireObject {
  const secrets = openSecrets(deps, row.tenant_id, 'action-secrets', row.id, row.sealed_secrets)
  return {
    id: row.id,
    name: row.name,
    supported_triggers: triggersOf(row),
    created_at: iso(row.created_at),
    updated_at: iso(row.updated_at),
    code: row.code,
    dependencies: row.dependencies,
    runtime: row.runtime,
    status: row.status,
    secrets: secretViews(secrets),
    ...(row.errors.length > 0 && { errors: row.errors }),
    ...(row.built_at !== null && { built_at: iso(row.built_at) }),
    ...(version !== undefined && {
      current_version: {
        id: version.id,
        code: version.code,
        runtime: version.runtime,
        status: 'BUILT',
        number: version.number,
        build_time: iso(version.built_at),
        created_at: iso(version.created_at),
        updated_at: iso(version.created_at),
      },
      deployed_version: versionView(deps, version, true),
    }),
    all_changes_deployed: row.all_changes_deployed,
  }
}

/** A version on the wire. */
export function versionView(deps: Deps, row: ActionVersionRow, deployed: boolean): WireObject {
  const { tenant_id, id, sealed_secrets } = row
  const secrets = openSecrets(deps, tenant_id, 'action-version-secrets', id, sealed_secrets)
  return {
    code: row.code,
    dependencies: row.dependencies,
    id,
    action_id: row.action_id,
    deployed,
    number: row.number,
    built_at: iso(row.built_at),
    secrets: secretViews(secrets),
    status: 'built',
    created_at: iso(row.created_at),
    updated_at: iso(row.created_at),
    runtime: row.runtime,
    supported_triggers: triggersOf(row),
  }
}

/** A version with the Action it belongs to, as the version endpoints answer. */
export const versionWithAction = (
  deps: Deps,
  version: ActionVersionRow,
  action: ActionRow,
  deployed: boolean,
): WireObject => ({
  ...versionView(deps, version, deployed),
  action: {
    id: action.id,
    name: action.name,
    supported_triggers: triggersOf(action),
    created_at: iso(action.created_at),
    updated_at: iso(action.updated_at),
    all_changes_deployed: action.all_changes_deployed,
  },
})
