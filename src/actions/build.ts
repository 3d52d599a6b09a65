import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Logger } from '../base/logger.ts'
import type { ActionBuild, ActionBuilder, ActionDependency, BuildError } from './action-builder.ts'
import { bundle, bundleLimits, checkSyntax, explainBundling } from './build-bundle.ts'
import { type Inspection, inspectInstallation } from './build-inspect.ts'
import { endInstallation, type Installations, install } from './build-install.ts'
import { checkDependencies } from './build-spec.ts'
import { Turns } from './turns.ts'

type Source = { code: string; dependencies: readonly ActionDependency[] }

/** How many results are kept, and for how long: a draft that was built is deployed soon after. */
const kept = { count: 8, ms: 10 * 60_000 } as const

/** Builds Actions, two at a time. Closing it ends what npm is doing. */
export function createBuilder({ log }: { log: Logger }): ActionBuilder & { close(): void } {
  const turns = new Turns({ parallel: 2, waiting: 40 })
  const results = new Map<string, { build: Promise<ActionBuild>; since: number }>()
  const running: Installations = new Set()

  async function attempt(source: Source): Promise<ActionBuild> {
    try {
      const wrong = checkSource(source)
      if (wrong.length > 0) return { ok: false, errors: wrong }
      const turn = turns.take(() => buildIn(source, running))
      return (await turn) ?? failed('build_busy', 'Too many Actions are being built. Try again.')
    } catch (error) {
      log.error({ err: error }, 'an Action could not be built')
      return failed('build_failed', 'The Action could not be built.')
    }
  }

  return {
    build(source) {
      const key = keyOf(source)
      const now = Date.now()
      const known = results.get(key)
      if (known !== undefined && now - known.since < kept.ms) return known.build
      const build = attempt(source)
      results.delete(key)
      results.set(key, { build, since: now })
      for (const oldest of results.keys()) {
        if (results.size <= kept.count) break
        results.delete(oldest)
      }
      void build.then(({ ok }) => {
        if (!ok && results.get(key)?.build === build) results.delete(key)
      })
      return build
    },
    close() {
      turns.close()
      results.clear()
      for (const child of running) endInstallation(child)
    },
  }
}

function checkSource({ code, dependencies }: Source): BuildError[] {
  const syntax = checkSyntax(code)
  return [...(syntax === undefined ? [] : [syntax]), ...checkDependencies(dependencies)]
}

async function buildIn(source: Source, running: Installations): Promise<ActionBuild> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trunkline-action-'))
  try {
    const installed = await fetchDependencies(folder, source.dependencies, running)
    if (!installed.ok) return installed
    const names = source.dependencies.map(({ name }) => name)
    const text = await bundle(source.code, folder, names).catch(explainBundling)
    if (typeof text !== 'string') return { ok: false, errors: text }
    if (Buffer.byteLength(text) > bundleLimits.bytes) {
      return failed('dependencies_too_large', 'The Action with its dependencies is too large.')
    }
    const digest = createHash('sha256').update(text).digest('hex')
    const { lock, dependencies } = installed
    return { ok: true, built: { bundle: text, digest, dependencies, lock } }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function fetchDependencies(
  folder: string,
  dependencies: readonly ActionDependency[],
  running: Installations,
): Promise<Inspection> {
  if (dependencies.length === 0) return { ok: true, lock: '', dependencies: [] }
  const { errors, origins } = await install(folder, dependencies, running)
  if (errors.length > 0) return { ok: false, errors }
  return inspectInstallation(folder, dependencies, origins)
}

const failed = (id: string, msg: string): ActionBuild => ({ ok: false, errors: [{ id, msg }] })

function keyOf({ code, dependencies }: Source): string {
  const hash = createHash('sha256').update(code).update('\0')
  return hash
    .update(JSON.stringify(dependencies.map((each) => [each.name, each.version])))
    .digest('hex')
}
