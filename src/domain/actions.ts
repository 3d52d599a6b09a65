import { AppError } from '../base/app-error.ts'
import { randomUuid } from '../base/random.ts'
import { type ActionCreate, type ActionPatch, triggerViews } from '../contract/action-api.ts'
import { actionLimits } from '../contract/actions.ts'
import { listBindingsOfAction } from '../store/action-bindings.ts'
import { findActionVersion } from '../store/action-versions.ts'
import {
  type ActionFilter,
  type ActionRow,
  countActions,
  deleteAction,
  findAction,
  insertAction,
  listActions,
  lockAction,
  updateAction,
} from '../store/actions.ts'
import { lockTenant } from '../store/tenants.ts'
import { isUniqueViolation } from '../store/unique-violation.ts'
import { buildInBackground, newBuildId, resumeBuild } from './action-build.ts'
import { openSecrets, replaceSecrets, sealSecrets } from './action-secrets.ts'
import { deployAction } from './action-versions.ts'
import { actionView } from './action-views.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

type WireObject = Record<string, unknown>

const shown = async (deps: Deps, row: ActionRow): Promise<WireObject> =>
  actionView(
    deps,
    row,
    row.deployed_version_id === null
      ? undefined
      : await findActionVersion(deps.db, row.tenant_id, row.deployed_version_id),
  )

/** The Actions of a tenant, oldest first, and how many match. */
export async function listActionsOf(
  deps: Deps,
  tenant: Tenant,
  filter: ActionFilter,
  page: { limit: number; offset: number },
): Promise<{ items: WireObject[]; total: number }> {
  const [rows, total] = await Promise.all([
    listActions(deps.db, tenant.id, filter, page),
    countActions(deps.db, tenant.id, filter),
  ])
  for (const row of rows) await resumeBuild(deps, row)
  return { items: await Promise.all(rows.map((row) => shown(deps, row))), total }
}

/** @throws AppError `action_not_found` */
export async function getAction(deps: Deps, tenant: Tenant, id: string): Promise<WireObject> {
  const row = await requireAction(deps, tenant, id)
  await resumeBuild(deps, row)
  return shown(deps, row)
}

/** @throws AppError `action_not_found` */
export async function requireAction(deps: Deps, tenant: Tenant, id: string): Promise<ActionRow> {
  const row = await findAction(deps.db, tenant.id, id)
  if (row === undefined) throw new AppError('action_not_found')
  return row
}

/**
 * Stores an Action and builds it in the background; the reply says `pending`.
 *
 * @throws AppError `invalid_body`, `action_name_exists`, `action_phone_provider_exists` or
 *   `action_too_many`
 */
export async function createAction(
  deps: Deps,
  tenant: Tenant,
  input: ActionCreate,
): Promise<WireObject> {
  const trigger = readTrigger(input.supported_triggers)
  checkCode(input.code)
  const id = randomUuid(deps.random)
  const now = deps.clock.now()
  const secrets = replaceSecrets([], input.secrets ?? [], now)
  const row: ActionRow = {
    ...{ tenant_id: tenant.id, id, name: input.name },
    ...{ trigger_id: trigger.id, trigger_version: trigger.version },
    code: input.code ?? 'module.exports = () => {}',
    dependencies: readDependencies(input.dependencies),
    runtime: readRuntime(input.runtime),
    sealed_secrets: sealSecrets(deps, tenant.id, 'action-secrets', id, secrets),
    ...{ status: 'pending', errors: [], digest: null, build_id: newBuildId(deps) },
    ...{ build_started_at: now, built_at: null, all_changes_deployed: false },
    ...{ deployed_version_id: null, last_number: 0, created_at: now, updated_at: now },
  }
  await storeAction(deps, tenant, row)
  const deploy = input.deploy ? () => deployWhenBuilt(deps, tenant, id) : undefined
  buildInBackground(deps, row, deploy)
  return actionView(deps, row, undefined)
}

/** Counts under the tenant's lock, so that two requests at once see each other. */
async function storeAction(deps: Deps, tenant: Tenant, row: ActionRow): Promise<void> {
  try {
    await deps.db.transaction(async (tx) => {
      await lockTenant(tx, tenant.id)
      const all = { triggerId: null, name: null, deployed: null }
      if ((await countActions(tx, tenant.id, all)) >= actionLimits.perTenant) {
        throw new AppError('action_too_many')
      }
      await insertAction(tx, row)
    })
  } catch (error) {
    if (isUniqueViolation(error, 'actions_one_phone_provider')) {
      throw new AppError('action_phone_provider_exists')
    }
    if (isUniqueViolation(error)) throw new AppError('action_name_exists')
    throw error
  }
}

/** What `deploy: true` asked for. A draft that did not build stays a draft. */
async function deployWhenBuilt(deps: Deps, tenant: Tenant, id: string): Promise<void> {
  const row = await findAction(deps.db, tenant.id, id)
  if (row?.status !== 'built') return
  try {
    await deployAction(deps, tenant, id)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    deps.log.info({ tenant: tenant.id, action: id, code: error.code }, 'an action was not deployed')
  }
}

/**
 * Changes the draft and builds it anew; what is deployed goes on.
 *
 * @throws AppError `action_not_found`, `invalid_body`, `action_trigger_fixed` or `action_name_exists`
 */
export async function patchAction(
  deps: Deps,
  tenant: Tenant,
  id: string,
  patch: ActionPatch,
): Promise<WireObject> {
  checkCode(patch.code)
  const now = deps.clock.now()
  let changed: ActionRow | undefined
  try {
    changed = await deps.db.transaction(async (tx) => {
      await lockTenant(tx, tenant.id)
      const before = await lockAction(tx, tenant.id, id)
      if (before === undefined) return undefined
      if (patch.supported_triggers !== undefined) {
        const { id: trigger, version } = readTrigger(patch.supported_triggers)
        const same = trigger === before.trigger_id && version === before.trigger_version
        if (!same) throw new AppError('action_trigger_fixed')
      }
      const row = { ...before, ...draftOf(deps, before, patch, now) }
      await updateAction(tx, row)
      return row
    })
  } catch (error) {
    if (isUniqueViolation(error)) throw new AppError('action_name_exists')
    throw error
  }
  if (changed === undefined) throw new AppError('action_not_found')
  buildInBackground(deps, changed)
  return shown(deps, changed)
}

function draftOf(deps: Deps, before: ActionRow, patch: ActionPatch, now: number) {
  const { tenant_id, id } = before
  const stored = openSecrets(deps, tenant_id, 'action-secrets', id, before.sealed_secrets)
  const secrets = patch.secrets === undefined ? stored : replaceSecrets(stored, patch.secrets, now)
  return {
    name: patch.name ?? before.name,
    code: patch.code ?? before.code,
    dependencies:
      patch.dependencies === undefined ? before.dependencies : readDependencies(patch.dependencies),
    runtime: patch.runtime === undefined ? before.runtime : readRuntime(patch.runtime),
    sealed_secrets: sealSecrets(deps, tenant_id, 'action-secrets', id, secrets),
    ...{ status: 'pending', errors: [], build_id: newBuildId(deps), build_started_at: now },
    ...{ all_changes_deployed: false, updated_at: now },
  }
}

/**
 * Deletes an Action with its versions and bindings.
 *
 * @throws AppError `action_not_found`, `action_bound` or, while the tenant's phone provider sends
 *   through it, `action_sends_messages`; the last two not with `force`
 */
export async function removeAction(
  deps: Deps,
  tenant: Tenant,
  id: string,
  force: boolean,
): Promise<void> {
  const row = await requireAction(deps, tenant, id)
  if (!force) {
    const provider = tenant.phoneProvider
    const sends = provider?.name === 'custom' && !provider.disabled
    if (sends && row.trigger_id === 'custom-phone-provider') {
      throw new AppError('action_sends_messages')
    }
    const bindings = await listBindingsOfAction(deps.db, tenant.id, id)
    if (bindings.length > 0) throw new AppError('action_bound')
  }
  await deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    await deleteAction(tx, tenant.id, id)
  })
}

function readTrigger(given: ActionCreate['supported_triggers']) {
  const [{ id = '', version } = {}] = given
  const trigger = triggerViews.find(
    (view) => view.id === id && (version === undefined || view.version === version),
  )
  if (trigger === undefined) {
    throw new AppError('invalid_body', {
      message: "Payload validation error: 'Unknown trigger' on property supported_triggers[0].",
    })
  }
  return trigger
}

/** The schema counts characters, the limit bytes. */
function checkCode(code: string | undefined): void {
  if (code === undefined || Buffer.byteLength(code) <= actionLimits.codeBytes) return
  throw new AppError('invalid_body', {
    message: "Payload validation error: 'String is too long' on property code.",
  })
}

const readDependencies = (given: ActionCreate['dependencies']) =>
  (given ?? []).map(({ name, version }) => ({ name, version: version || 'latest' }))

const readRuntime = (runtime: string | undefined): string =>
  runtime === 'node18' ? 'node18-actions' : (runtime ?? 'node22')
