import { execFile } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

/** The programs of the machine that make a wall; what is missing is undefined. */
export type LaunchTools = {
  node: string
  /** The shared libraries that Node needs, empty where that cannot be known. */
  libraries: readonly string[]
  bwrap?: string
  prlimit?: string
  setpriv?: string
  nice?: string
  choom?: string
  sh?: string
}

const folders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin']

/** Looks for them in the folders of the system and nowhere else: the path may name what anybody wrote. */
export async function findLaunchTools(): Promise<LaunchTools> {
  const tools: LaunchTools = { node: process.execPath, libraries: await findLibraries() }
  for (const name of ['bwrap', 'prlimit', 'setpriv', 'nice', 'choom', 'sh'] as const) {
    const file = folders.map((folder) => path.join(folder, name)).find(isProgram)
    if (file !== undefined) tools[name] = file
  }
  return tools
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** As the loader itself resolves them; musl has the same words. */
async function findLibraries(): Promise<string[]> {
  const ldd = folders.map((folder) => path.join(folder, 'ldd')).find(isProgram)
  if (process.platform !== 'linux' || ldd === undefined) return []
  try {
    const { stdout } = await promisify(execFile)(ldd, [process.execPath], { timeout: 5000 })
    const files = stdout.matchAll(/(?:=>\s*|^\s*)(\/\S+)\s+\(0x/gm)
    return [...new Set([...files].map(([, file]) => file ?? ''))]
  } catch {
    return []
  }
}

/** The first of 256 user ids that belong to this process alone, as far as the user namespace has them. */
export function firstSlotUid(): number {
  // Ranges that no distribution hands out; the low one for containers that map only 65,536 ids.
  const [high, low] = [1_879_048_192, 40_000]
  return mapsUid(high + 2 ** 20)
    ? high + (process.pid % 4096) * slotCount
    : low + (process.pid % 64) * slotCount
}

/** How many workers with a user id of their own one process can have. */
export const slotCount = 256

function mapsUid(uid: number): boolean {
  try {
    return readFileSync('/proc/self/uid_map', 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number))
      .some(([first = 0, , count = 0]) => uid >= first && uid < first + count)
  } catch {
    return false
  }
}
