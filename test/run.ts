import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { serverVariable, startCluster } from './postgres-cluster.ts'
import { findBubblewrap, findChromium, findPostgres } from './programs.ts'

/**
 * What `npm test` runs: `node test/run.ts [--fast] [--program FILE] [FILES AND FLAGS …]`.
 *
 * It sees to the programs that tests need and runs the test files in one process with a PostgreSQL
 * server of its own, because an embedded database is slow to start and shared by them; those that
 * mostly wait run meanwhile in a second one, with another server.
 * Flags go to `node --test`; file names replace the list of all tests. `--fast` leaves out the
 * browser. `--program` runs a program with such a server in place of the tests.
 */
async function main(): Promise<number> {
  const { fast, program, flags, files } = readArguments(process.argv.slice(2))
  const selected = files.length > 0 ? files : allTests(fast)
  const browser = program === undefined && selected.some(needsBrowser)
  const walls = program !== undefined || selected.some(needsWalls)
  await providePrograms({ postgres: !serverIsNamed(), chromium: browser, walls })

  if (program !== undefined) return withServer((env) => runNode([program, ...flags, ...files], env))
  const ends: Promise<number>[] = []
  for (const lane of [selected.filter((file) => !waits(file)), selected.filter(waits)]) {
    const shownAfter = ends.at(-1)
    const args = ['--test', '--test-isolation=none', ...flags, ...lane]
    if (lane.length > 0) ends.push(withServer((env) => runNode(args, env, shownAfter)))
  }
  return Math.max(...(await Promise.all(ends)))
}

/** Runs it with the PostgreSQL server that the environment names, or with one of its own. */
async function withServer(run: (env: NodeJS.ProcessEnv) => Promise<number>): Promise<number> {
  if (serverIsNamed()) return run(process.env)
  const cluster = await startCluster()
  try {
    return await run({ ...process.env, [serverVariable]: cluster.url })
  } finally {
    await cluster.stop()
  }
}

const serverIsNamed = (): boolean => (process.env[serverVariable] ?? '') !== ''

type Arguments = { fast: boolean; program: string | undefined; flags: string[]; files: string[] }

function readArguments(args: readonly string[]): Arguments {
  const read: Arguments = { fast: false, program: undefined, flags: [], files: [] }
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? ''
    if (argument === '--fast') read.fast = true
    else if (argument === '--program') {
      index += 1
      read.program = args[index]
    } else if (read.program === undefined && !argument.startsWith('-')) read.files.push(argument)
    else read.flags.push(argument)
  }
  return read
}

/** Files that need a process of their own are started by `own-process.test.ts`. */
function allTests(fast: boolean): string[] {
  return globSync(['src/**/*.test.ts', 'test/**/*.test.ts'])
    .filter((file) => !file.endsWith('.own-process.test.ts') && !(fast && needsBrowser(file)))
    .sort()
}

/** Whether it mostly waits for a program, a browser or a tool: such tests run beside the others. */
const waits = (file: string): boolean => needsBrowser(file) || file.includes('test/tools/')

const needsBrowser = (file: string): boolean => file.includes('test/browser/')

/** Whether it runs code of tenants. */
const needsWalls = (file: string): boolean => /action|hostile|own-process|examples/.test(file)

type Needed = { postgres: boolean; chromium: boolean; walls: boolean }

/** Installs the Debian packages that are missing, where that is possible without asking. */
async function providePrograms(needed: Needed): Promise<void> {
  const packages = [
    ...(needed.postgres && (await findPostgres()) === undefined ? ['postgresql'] : []),
    ...(needed.chromium && (await findChromium()) === undefined
      ? ['chromium', 'fonts-liberation']
      : []),
  ]
  const canInstall = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0
  // Without it the levels below are tested: it is no reason to stop.
  if (needed.walls && canInstall && (await findBubblewrap()) === undefined) {
    packages.push('bubblewrap')
  }
  if (packages.length === 0) return
  const list = packages.join(' and ')
  if (!canInstall) throw new Error(`the tests need ${list}: install it, for example with apt-get`)
  process.stdout.write(`installing ${list}\n`)
  for (const command of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const { status } = spawnSync('apt-get', ['-qq', ...command], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    if (status !== 0) throw new Error(`apt-get ${command.join(' ')} failed`)
  }
}

/**
 * Runs Node to its end and gives its exit code; a signal to us reaches it too.
 *
 * @param shownAfter its output is kept back until this has ended, so that both do not mix
 */
async function runNode(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  shownAfter?: Promise<unknown>,
): Promise<number> {
  const child = spawn(process.execPath, args, {
    stdio: ['inherit', shownAfter === undefined ? 'inherit' : 'pipe', 'inherit'],
    env,
  })
  const output: Buffer[] = []
  child.stdout?.on('data', (data: Buffer) => output.push(data))
  const forward = (signal: NodeJS.Signals) => child.kill(signal)
  process.on('SIGINT', forward)
  process.on('SIGTERM', forward)
  const [code] = await once(child, 'close')
  await shownAfter
  process.stdout.write(Buffer.concat(output))
  return typeof code === 'number' ? code : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
