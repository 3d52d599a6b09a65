import { AppError } from '../base/app-error.ts'
import type { ActionTrigger } from '../contract/actions.ts'
import { sampleEvents } from '../contract/sample-events.ts'
import { findDraftBundle } from '../store/actions.ts'
import { unpackBundle } from './action-build.ts'
import { openSecrets } from './action-secrets.ts'
import { requireAction } from './actions.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/**
 * Runs a draft with its real secrets and a real network, and tells all about it. Sends no notification
 * and leaves nothing behind.
 *
 * @param payload `event` replaces the sample
 * @throws AppError `action_not_found` or `action_not_built`
 */
export async function testAction(
  deps: Deps,
  tenant: Tenant,
  id: string,
  payload: Readonly<Record<string, unknown>>,
): Promise<{ payload: Record<string, unknown> }> {
  const draft = await requireAction(deps, tenant, id)
  const stored = await findDraftBundle(deps.db, tenant.id, id)
  const bundle = stored?.bundle ?? null
  const { digest } = draft
  if (deps.actions === undefined) throw new AppError('action_runtime_missing')
  if (draft.status !== 'built' || bundle === null || digest === null) {
    throw new AppError('action_not_built')
  }
  const trigger = draft.trigger_id as ActionTrigger // only triggers of the list are stored
  const given = payload.event
  const event: Record<string, unknown> =
    typeof given === 'object' && given !== null
      ? { ...given }
      : { ...sampleEvents[trigger], tenant: { id: tenant.id } }
  const sealed = draft.sealed_secrets
  const secrets = openSecrets(deps, tenant.id, 'action-secrets', id, sealed)
  const result = await deps.actions.run(
    {
      ...{ tenantId: tenant.id, actionId: id, versionId: draft.build_id, trigger, digest },
      triggerVersion: draft.trigger_version,
      loadBundle: () => unpackBundle(bundle),
    },
    {
      event,
      secrets: Object.fromEntries(secrets.map(({ name, value }) => [name, value])),
      test: true,
    },
  )
  const { verdict, error, logs, cacheWrites, stats, ended } = result
  const runtimeMs = stats.action_duration_ms + stats.boot_duration_ms
  return {
    payload: {
      verdict: verdict ?? { type: ended === 'returned' ? 'sent' : 'error' },
      logs,
      ...(error !== undefined && { error }),
      ...(error === undefined &&
        ended !== 'returned' && { error: { name: 'Error', message: ended } }),
      event,
      cache: cacheWrites,
      stats: {
        ...stats,
        total_runtime_execution_duration_ms: runtimeMs,
        runtime_processing_duration_ms: stats.boot_duration_ms,
        runtime_external_call_duration_ms: stats.network_duration_ms,
      },
    },
  }
}
