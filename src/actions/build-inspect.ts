import { access, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { ActionDependency, BuildError } from './action-builder.ts'
import { installLimits } from './build-install.ts'

/** What an installation holds, or why it may not be used. */
export type Inspection =
  | { ok: true; lock: string; dependencies: ActionDependency[] }
  | { ok: false; errors: BuildError[] }

type LockedPackage = {
  version?: string
  resolved?: string
  link?: boolean
  hasInstallScript?: boolean
}

/** Looks at what npm installed: where it came from, how much it is, and that nothing of it is native. */
export async function inspectInstallation(
  folder: string,
  wanted: readonly ActionDependency[],
  origins: ReadonlySet<string>,
): Promise<Inspection> {
  const lock = await readFile(path.join(folder, 'package-lock.json'), 'utf8')
  // npm wrote it; every member is optional here.
  const { packages = {} } = JSON.parse(lock) as { packages?: Record<string, LockedPackage> }
  const errors: BuildError[] = []
  let count = 0
  for (const [place, entry] of Object.entries(packages)) {
    if (place === '' || !(await exists(path.join(folder, place)))) continue
    count += 1
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
    if (entry.link === true || !isFrom(origins, entry.resolved)) {
      errors.push({
        id: 'dependency_source',
        msg: `The package ${name} does not come from the registry. Only packages of the registry are supported.`,
      })
    } else if (entry.hasInstallScript === true || (await isNative(path.join(folder, place)))) {
      errors.push({
        id: 'native_dependency',
        msg: `The package ${name} needs a native addon or an install script. Native addons are not supported.`,
      })
    }
  }
  if (count > installLimits.packages) {
    const most = installLimits.packages
    errors.push({
      id: 'dependencies_too_large',
      msg: `The dependencies bring ${count} packages; at most ${most} are supported.`,
    })
  }
  if (errors.length > 0) return { ok: false, errors: errors.slice(0, 20) }
  const dependencies = wanted.map(({ name, version }) => ({
    name,
    version: packages[`node_modules/${name}`]?.version ?? version,
  }))
  return { ok: true, lock, dependencies }
}

/** What is part of another package's archive has no address of its own. */
function isFrom(origins: ReadonlySet<string>, resolved: string | undefined): boolean {
  if (resolved === undefined) return true
  return URL.canParse(resolved) && origins.has(new URL(resolved).origin)
}

async function isNative(folder: string): Promise<boolean> {
  const manifest: unknown = JSON.parse(
    await readFile(path.join(folder, 'package.json'), 'utf8').catch(() => '{}'),
  )
  const { gypfile } = manifest as { gypfile?: unknown } // a package may write anything
  if (gypfile === true) return true
  return hasNativeFile(folder)
}

async function hasNativeFile(folder: string): Promise<boolean> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    // Packages inside this one are entries of their own.
    if (entry.name === 'node_modules') continue
    if (entry.isDirectory()) {
      if (await hasNativeFile(path.join(folder, entry.name))) return true
    } else if (entry.name === 'binding.gyp' || entry.name.endsWith('.node')) return true
  }
  return false
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )
