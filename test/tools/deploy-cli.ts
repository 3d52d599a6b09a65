import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const home = fileURLToPath(new URL('auth0-deploy-cli/', import.meta.url))
const entry = join(home, 'node_modules/auth0-deploy-cli/lib/index.js')

/** A tenant that is configured for phone, as a folder of the tool. */
export const tenantFolder = join(home, 'tenant')

/** Where the tool works and as whom. */
export type DeployTarget = {
  host: string
  client: { id: string; secret: string }
  /** The file of the authority that signed the server's certificate. */
  authority: string
  /** For its settings and what it writes. */
  folder: string
}

/** Installs the tool from npm, from a lockfile of its own, unless it is there. */
export function installDeployCli(): void {
  if (existsSync(entry)) return
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Runs the tool, unmodified, to its end. @throws Error with what it printed when it failed */
export async function runDeployCli(target: DeployTarget, words: readonly string[]): Promise<void> {
  const config = join(target.folder, 'config.json')
  const { host, client } = target
  await writeFile(
    config,
    JSON.stringify({
      AUTH0_DOMAIN: host,
      AUTH0_CLIENT_ID: client.id,
      AUTH0_CLIENT_SECRET: client.secret,
      AUTH0_ALLOW_DELETE: false,
    }),
  )
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: target.folder,
    NODE_EXTRA_CA_CERTS: target.authority,
  }
  await new Promise<void>((resolve, reject) => {
    execFile(
      process.execPath,
      [entry, ...words, '-c', config],
      { env, maxBuffer: 100_000_000 },
      (error, stdout, stderr) =>
        error === null ? resolve() : reject(new Error(`${words.join(' ')}: ${stdout}${stderr}`)),
    )
  })
}

/** Every file below a folder by its path, JSON as what it says: the order of members is nobody's business. */
export async function readFolder(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const found: Record<string, unknown> = {}
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    const path = join(file.parentPath, file.name)
    const text = await readFile(path, 'utf8')
    found[path.slice(folder.length + 1)] = path.endsWith('.json') ? JSON.parse(text) : text
  }
  return found
}
