import { access, constants, readdir } from 'node:fs/promises'
import path from 'node:path'

const oldestPostgres = 15
const debianFolder = '/usr/lib/postgresql'

/** The folder of the newest PostgreSQL server programs, 15 or newer. */
export async function findPostgres(): Promise<string | undefined> {
  const versions = (await readdir(debianFolder).catch(() => []))
    .map(Number)
    .filter((version) => version >= oldestPostgres)
    .sort((left, right) => right - left)
  const folders = [
    ...versions.map((version) => path.join(debianFolder, String(version), 'bin')),
    // Elsewhere, such as on macOS, the programs are on the path.
    ...(process.env.PATH ?? '').split(path.delimiter),
  ]
  for (const folder of folders) {
    if (await isProgram(path.join(folder, 'initdb'))) return folder
  }
  return undefined
}

/** The browser that the tests drive; `TRUNKLINE_TEST_CHROMIUM` names another one. */
export async function findChromium(): Promise<string | undefined> {
  const named = process.env.TRUNKLINE_TEST_CHROMIUM
  const places = named === undefined || named === '' ? chromiumPlaces : [named]
  for (const place of places) {
    if (await isProgram(place)) return place
  }
  return undefined
}

const chromiumPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** What the strong isolation of Actions is made with; looked for where the server looks. */
export async function findBubblewrap(): Promise<string | undefined> {
  return (await isProgram('/usr/bin/bwrap')) ? '/usr/bin/bwrap' : undefined
}

const isProgram = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
