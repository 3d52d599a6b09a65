import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants } from 'node:zlib'
import { randomHex } from '../base/random.ts'
import { type ActionRow, finishBuild, takeBuild } from '../store/actions.ts'
import { lockTenant } from '../store/tenants.ts'
import type { Deps } from './deps.ts'

const compress = promisify(brotliCompress)
const decompress = promisify(brotliDecompress)

/** A build that takes longer was given up by its process. */
const buildGivenUpMs = 120_000

export const newBuildId = (deps: Deps): string => randomHex(deps.random, 32)

export const unpackBundle = async (bundle: Uint8Array): Promise<string> =>
  (await decompress(bundle)).toString('utf8')

/** Builds the draft as it stands, outside of the request. A later change makes its own build. */
export function buildInBackground(deps: Deps, row: ActionRow, then?: () => Promise<void>): void {
  deps.background.run('build-action', async () => {
    await buildAction(deps, row)
    await then?.()
  })
}

/** Takes over a build that nobody is heard of; for whoever reads an Action that waits. */
export async function resumeBuild(deps: Deps, row: ActionRow): Promise<void> {
  const now = deps.clock.now()
  if (row.status !== 'pending' || now - row.build_started_at < buildGivenUpMs) return
  const newId = newBuildId(deps)
  const { tenant_id: tenantId, id, build_id: buildId } = row
  const taken = await deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenantId)
    return takeBuild(tx, { tenantId, id, buildId, newBuildId: newId, now })
  })
  if (taken > 0) buildInBackground(deps, { ...row, build_id: newId })
}

async function buildAction(deps: Deps, row: ActionRow): Promise<void> {
  const { code, dependencies } = row
  const end = { tenantId: row.tenant_id, id: row.id, buildId: row.build_id }
  const build = (await deps.actions?.build({ code, dependencies })) ?? {
    ok: false as const,
    errors: [{ id: 'no_runtime', msg: 'This server does not run actions.' }],
  }
  const now = deps.clock.now()
  if (!build.ok) {
    const failed = { status: 'failed', errors: build.errors, dependencies: null }
    await endBuild(deps, { ...end, ...failed, bundle: null, digest: null, now })
    return
  }
  const { bundle, digest } = build.built
  const packed = await compress(bundle, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } })
  await endBuild(deps, {
    ...end,
    ...{ status: 'built', errors: [], dependencies: build.built.dependencies },
    ...{ bundle: packed, digest, now },
  })
}

/** Every change of Actions locks the tenant first: in one order there is no deadlock. */
const endBuild = (deps: Deps, end: Parameters<typeof finishBuild>[1]): Promise<number> =>
  deps.db.transaction(async (tx) => {
    await lockTenant(tx, end.tenantId)
    return finishBuild(tx, end)
  })
