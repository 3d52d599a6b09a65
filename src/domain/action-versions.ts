import { AppError } from '../base/app-error.ts'
import { randomUuid } from '../base/random.ts'
import { type ActionTrigger, actionHandlers, actionLimits } from '../contract/actions.ts'
import { insertActionBinding, listActionBindings } from '../store/action-bindings.ts'
import {
  type ActionVersionRow,
  countActionVersions,
  findActionVersion,
  findVersionBundle,
  insertActionVersion,
  listActionVersions,
  markDeployed,
  takeVersionNumber,
  trimActionVersions,
} from '../store/action-versions.ts'
import {
  type ActionRow,
  findAction,
  findDraftBundle,
  finishBuild,
  lockAction,
  updateAction,
} from '../store/actions.ts'
import type { Db } from '../store/db.ts'
import { lockTenant } from '../store/tenants.ts'
import { newBuildId, resumeBuild, unpackBundle } from './action-build.ts'
import { openSecrets, sealSecrets } from './action-secrets.ts'
import { versionView, versionWithAction } from './action-views.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

type WireObject = Record<string, unknown>

/** What becomes a version. */
type Content = Pick<
  ActionVersionRow,
  'code' | 'dependencies' | 'runtime' | 'trigger_id' | 'trigger_version' | 'digest' | 'built_at'
> & { bundle: Uint8Array; secrets: ReturnType<typeof openSecrets> }

/**
 * Makes the draft the version that runs.
 *
 * @throws AppError `action_not_found`, `action_not_built` or `action_unloadable`
 */
export async function deployAction(deps: Deps, tenant: Tenant, id: string): Promise<WireObject> {
  const draft = await requireDraft(deps, tenant, id)
  await resumeBuild(deps, draft)
  const stored = await findDraftBundle(deps.db, tenant.id, id)
  const bundle = stored?.bundle ?? null
  const { digest, built_at } = draft
  if (draft.status === 'failed') throw new AppError('action_not_built', { message: failure(draft) })
  if (draft.status !== 'built' || bundle === null || digest === null || built_at === null) {
    throw new AppError('action_not_built')
  }
  await checkBundle(deps, draft, digest, bundle)
  const secrets = openSecrets(deps, tenant.id, 'action-secrets', id, draft.sealed_secrets)
  const content = { ...draft, ...{ digest, built_at, bundle, secrets } }

  const deployed = await deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    const now = await lockAction(tx, tenant.id, id)
    if (now === undefined) throw new AppError('action_not_found')
    // Somebody changed the draft meanwhile: what was checked is not what would run.
    if (now.build_id !== draft.build_id) throw new AppError('action_not_built')
    return makeVersion(deps, tx, now, content, false)
  })
  // The reply of the original: the version as it was before it ran.
  return versionWithAction(deps, deployed, draft, false)
}

/**
 * Makes an old version run again, as a new one.
 *
 * @param updateDraft the draft becomes what is deployed, too
 * @throws AppError `action_version_not_found`
 */
export async function rollBackAction(
  deps: Deps,
  tenant: Tenant,
  target: { actionId: string; versionId: string; updateDraft: boolean },
): Promise<WireObject> {
  const { actionId, versionId, updateDraft } = target
  const old = await requireVersion(deps, tenant, actionId, versionId)
  const stored = await findVersionBundle(deps.db, tenant.id, versionId)
  if (stored === undefined) throw new AppError('action_version_not_found')
  const sealed = old.sealed_secrets
  const secrets = openSecrets(deps, tenant.id, 'action-version-secrets', versionId, sealed)
  const { row, version } = await deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    const action = await lockAction(tx, tenant.id, actionId)
    if (action === undefined) throw new AppError('action_version_not_found')
    if (updateDraft) {
      const resealed = sealSecrets(deps, tenant.id, 'action-secrets', actionId, secrets)
      const { code, dependencies, runtime } = old
      const draft = { code, dependencies, runtime, sealed_secrets: resealed }
      const buildId = newBuildId(deps)
      const now = deps.clock.now()
      const build = { status: 'pending', errors: [], build_id: buildId, build_started_at: now }
      await updateAction(tx, { ...action, ...draft, ...build })
      // The bundle of the version is what a build of its code came to.
      await finishBuild(tx, {
        ...{ tenantId: tenant.id, id: actionId, buildId, status: 'built', errors: [], now },
        ...{ dependencies, bundle: stored.bundle, digest: old.digest },
      })
    }
    const content = { ...old, bundle: stored.bundle, secrets }
    return { row: action, version: await makeVersion(deps, tx, action, content, !updateDraft) }
  })
  return versionWithAction(deps, version, row, false)
}

async function makeVersion(
  deps: Deps,
  tx: Db,
  action: ActionRow,
  content: Content,
  changed: boolean,
): Promise<ActionVersionRow> {
  const { tenant_id: tenantId, id: actionId } = action
  const taken = await takeVersionNumber(tx, tenantId, actionId)
  const id = randomUuid(deps.random)
  const now = deps.clock.now()
  const { bundle, secrets, ...rest } = content
  const row: ActionVersionRow = {
    ...{ tenant_id: tenantId, id, action_id: actionId, number: taken?.last_number ?? 1 },
    ...{ code: rest.code, dependencies: rest.dependencies, runtime: rest.runtime },
    ...{ trigger_id: rest.trigger_id, trigger_version: rest.trigger_version },
    sealed_secrets: sealSecrets(deps, tenantId, 'action-version-secrets', id, secrets),
    ...{ digest: rest.digest, built_at: rest.built_at, created_at: now },
  }
  await insertActionVersion(tx, row, bundle)
  await markDeployed(tx, { tenantId, actionId, versionId: id, changed, now })
  await trimActionVersions(tx, tenantId, actionId, actionLimits.versions)
  await bindIfAlone(deps, tx, action, now)
  return row
}

/** Deploying the Action that sends phone messages is enough to make it the one. */
async function bindIfAlone(deps: Deps, tx: Db, action: ActionRow, now: number): Promise<void> {
  const { tenant_id, id: action_id, name: display_name, trigger_id } = action
  if (trigger_id !== 'custom-phone-provider') return
  if ((await listActionBindings(tx, tenant_id, trigger_id)).length > 0) return
  const id = randomUuid(deps.random)
  const times = { created_at: now, updated_at: now }
  await insertActionBinding(tx, {
    tenant_id,
    id,
    trigger_id,
    position: 0,
    action_id,
    display_name,
    ...times,
  })
}

/** Loads the code once where it does no harm: a handler that is missing is found before it is needed. */
async function checkBundle(
  deps: Deps,
  draft: ActionRow,
  digest: string,
  bundle: Uint8Array,
): Promise<void> {
  if (deps.actions === undefined) throw new AppError('action_runtime_missing')
  const checked = await deps.actions.check({
    ...{ tenantId: draft.tenant_id, actionId: draft.id, versionId: draft.build_id },
    trigger: draft.trigger_id as ActionTrigger, // only triggers of the list are stored
    ...{ triggerVersion: draft.trigger_version, digest },
    loadBundle: () => unpackBundle(bundle),
  })
  if (checked.ok) return
  const { message } = checked.error
  // Whoever reads it must learn which function was looked for.
  const handler = actionHandlers[draft.trigger_id as ActionTrigger] // as above
  throw new AppError('action_unloadable', {
    message: message.includes(handler) ? message : `The handler ${handler}: ${message}`,
  })
}

/** Clients wait and ask again on the words about the state, so they stand here as well. */
function failure({ errors }: ActionRow): string {
  const texts = errors.map((error) => String(Object(error).msg))
  return `The action must be in the 'built' state to be deployed. Its build failed: ${texts.join('; ')}`
}

async function requireDraft(deps: Deps, tenant: Tenant, id: string): Promise<ActionRow> {
  const row = await findAction(deps.db, tenant.id, id)
  if (row === undefined) throw new AppError('action_not_found')
  return row
}

/** Newest first, and how many there are. @throws AppError `action_not_found` */
export async function listVersions(
  deps: Deps,
  tenant: Tenant,
  actionId: string,
  page: { limit: number; offset: number },
): Promise<{ items: WireObject[]; total: number }> {
  const action = await requireDraft(deps, tenant, actionId)
  const [rows, total] = await Promise.all([
    listActionVersions(deps.db, tenant.id, actionId, page),
    countActionVersions(deps.db, tenant.id, actionId),
  ])
  const items = rows.map((row) => versionView(deps, row, row.id === action.deployed_version_id))
  return { items, total }
}

/** @throws AppError `action_not_found` or `action_version_not_found` */
export async function getVersion(
  deps: Deps,
  tenant: Tenant,
  actionId: string,
  versionId: string,
): Promise<WireObject> {
  const action = await requireDraft(deps, tenant, actionId)
  const row = await requireVersion(deps, tenant, actionId, versionId)
  return versionWithAction(deps, row, action, row.id === action.deployed_version_id)
}

async function requireVersion(
  deps: Deps,
  tenant: Tenant,
  actionId: string,
  versionId: string,
): Promise<ActionVersionRow> {
  const row = await findActionVersion(deps.db, tenant.id, versionId)
  if (row?.action_id !== actionId) throw new AppError('action_version_not_found')
  return row
}
