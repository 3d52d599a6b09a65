import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { ActionDependency, BuildError } from './action-builder.ts'
import { readNpmSettings } from './build-npmrc.ts'

/** Limits of one installation. */
export const installLimits = { ms: 90_000, bytes: 250 * 2 ** 20, packages: 500 } as const

/** Running installations of a builder, so that closing it ends them. */
export type Installations = Set<ChildProcess>

/**
 * Lets npm put dependencies into a folder of their own, without running anything of theirs and without
 * any source but the registry. Gives what went wrong, or the origins that packages may come from.
 */
export async function install(
  folder: string,
  dependencies: readonly ActionDependency[],
  running: Installations,
): Promise<{ errors: BuildError[]; origins: ReadonlySet<string> }> {
  const settings = await readNpmSettings()
  const home = path.join(folder, 'home')
  await mkdir(home)
  const [userConfig, globalConfig] = [path.join(home, 'npmrc'), path.join(home, 'globalrc')]
  await writeFile(userConfig, settings.npmrc, { mode: 0o600 })
  await writeFile(globalConfig, '')
  const wanted = Object.fromEntries(
    dependencies.map(({ name, version }) => [name, version.trim() === '' ? 'latest' : version]),
  )
  await writeFile(
    path.join(folder, 'package.json'),
    JSON.stringify({ name: 'action', private: true, dependencies: wanted }),
  )
  const npm = path.join(
    path.dirname(createRequire(import.meta.url).resolve('npm')),
    'bin/npm-cli.js',
  )
  const child = spawn(
    process.execPath,
    [
      ...['--max-old-space-size=768', npm, 'install', '--json', '--loglevel=error'],
      ...['--ignore-scripts', '--omit=dev', '--omit=optional', '--no-audit', '--no-fund'],
      ...['--allow-git=none', '--allow-remote=none', '--allow-file=none', '--allow-directory=none'],
      ...['--no-update-notifier', '--fetch-retries=1', '--fetch-timeout=30000'],
      ...['--userconfig', userConfig, '--globalconfig', globalConfig],
      ...['--cache', path.join(home, 'cache'), '--prefix', folder],
    ],
    {
      cwd: folder,
      env: environment(home),
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  running.add(child)
  const result = await watch(child, folder)
  running.delete(child)
  const errors = result === undefined ? [] : [result]
  return { errors, origins: settings.origins }
}

/** Ends an installation and what it started. */
export function endInstallation(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

function environment(home: string): Record<string, string> {
  const kept =
    /^(?:https?_proxy|no_proxy|all_proxy|node_extra_ca_certs|ssl_cert_file|ssl_cert_dir)$/i
  return {
    ...Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) =>
        kept.test(name) && value !== undefined ? [[name, value]] : [],
      ),
    ),
    HOME: home,
    PATH: path.dirname(process.execPath),
    TMPDIR: home,
  }
}

async function watch(child: ChildProcess, folder: string): Promise<BuildError | undefined> {
  let output = ''
  let stopped: BuildError | undefined
  const stop = (id: string, msg: string) => {
    stopped ??= { id, msg }
    endInstallation(child)
  }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    if (output.length < 100_000) output += text
  })
  const deadline = setTimeout(
    () => stop('dependency_unavailable', 'Installing the dependencies took too long.'),
    installLimits.ms,
  )
  const isTooLarge = async () => {
    if ((await bytesIn(folder)) <= installLimits.bytes) return
    stop('dependencies_too_large', 'The dependencies are too large.')
  }
  let looking = false
  const looks = setInterval(() => {
    if (looking) return
    looking = true
    void isTooLarge().finally(() => {
      looking = false
    })
  }, 2000)
  try {
    const [code] = await once(child, 'close')
    if (stopped === undefined && code === 0) await isTooLarge()
    return stopped ?? (code === 0 ? undefined : explain(output))
  } catch {
    return { id: 'build_failed', msg: 'npm could not be started.' }
  } finally {
    clearTimeout(deadline)
    clearInterval(looks)
  }
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  let bytes = 0
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const file = await stat(path.join(entry.parentPath, entry.name)).catch(() => undefined)
    bytes += file?.size ?? 0
    if (bytes > installLimits.bytes) break
  }
  return bytes
}

/** What npm wrote, in words that name no path of this machine. */
function explain(output: string): BuildError {
  const { code, summary, detail } = readError(output)
  const unavailable = (msg: string): BuildError => ({ id: 'dependency_unavailable', msg })
  if (code === 'E404') {
    return unavailable(`The dependency ${nameIn(detail)} was not found in the registry.`)
  }
  if (code === 'ETARGET' || code === 'ENOVERSIONS') {
    return unavailable(`The dependency ${nameIn(summary)} has no such version.`)
  }
  if (/^EALLOW/.test(code)) {
    return {
      id: 'dependency_source',
      msg: 'A dependency comes from git, an address or a file. Only packages of the registry are supported.',
    }
  }
  if (code === 'ERESOLVE') {
    return {
      id: 'dependency_conflict',
      msg: 'The dependencies ask for versions of a package that exclude each other.',
    }
  }
  return unavailable(`The dependencies could not be fetched from the registry (${code}).`)
}

function readError(output: string): { code: string; summary: string; detail: string } {
  try {
    const parsed: unknown = JSON.parse(output.slice(output.indexOf('{')))
    const { error } = parsed as { error?: { code?: unknown; summary?: unknown; detail?: unknown } } // checked below
    return {
      code: typeof error?.code === 'string' ? error.code.slice(0, 40) : 'unknown error',
      summary: typeof error?.summary === 'string' ? error.summary : '',
      detail: typeof error?.detail === 'string' ? error.detail : '',
    }
  } catch {
    return { code: 'unknown error', summary: '', detail: '' }
  }
}

const nameIn = (text: string): string =>
  /(?:@[\w.~-]+\/)?[\w.~-]+@[^\s'"]+/.exec(text)?.[0].slice(0, 214).replace(/\.$/, '') ?? ''
