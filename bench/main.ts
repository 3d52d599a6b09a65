import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { startCluster } from '../test/postgres-cluster.ts'
import { measureActions, printActions } from './actions.ts'
import { type Carrier, startCarrier } from './carrier.ts'
import { measureLogins, printLogins } from './login.ts'
import { measureManagement, printManagement } from './management.ts'
import { newNumbers, storedNumbers } from './phone-numbers.ts'
import { describeMachine, printResults, type Results, targetRatios } from './report.ts'
import { type Entry, runRounds } from './rounds.ts'
import { openScene, type Scene } from './scene.ts'
import { median } from './statistics.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const usage = `npm run bench -- [actions | login | management] [--quick] [--only PART]... [--profile FOLDER]
  actions    what tenant code costs, and nothing else
  login      a sign-in on the pages, from /authorize to the exchange of its code, and nothing else
  management lists, searches and the log with many users and entries, and nothing else
  --quick    short slices: shows that everything works, the figures say nothing
  --only     postgres, pglite, users, start; default: all of them
  --profile  writes a CPU profile of the Trunkline server's process into the folder`

const parts = ['postgres', 'pglite', 'users', 'start'] as const
const wanted = (part: (typeof parts)[number]) =>
  options.only.length === 0 || options.only.includes(part)

const sliceMs = options.quick ? 1000 : 4000
const rounds = options.quick ? 1 : 5
const someUsers = 10_000
const manyUsers = options.quick ? 50_000 : 1_000_000

/** What an operator would set first on a machine of this size; the same for everybody. */
const serverSettings = { shared_buffers: '1GB', max_wal_size: '4GB' }

/** Measures one part after the other; what is compared runs in slices by turns. */
async function measure(scene: Scene): Promise<Results> {
  const results: Results = { machine: describeMachine(), users: { someUsers, manyUsers }, runs: [] }
  const run = async (title: string, concurrency: number, entries: Entry[], times = rounds) => {
    process.stderr.write(`${title}, ${concurrency} at once\n`)
    const measured = await runRounds(entries, { concurrency, rounds: times, sliceMs })
    results.runs.push({ title, concurrency, measured })
    return measured
  }
  const stored = storedNumbers(someUsers)

  if (wanted('postgres')) {
    const trunkline = await scene.trunkline(someUsers)
    const betterAuth = await scene.betterAuth(someUsers)
    const ceiling = await scene.ceiling(someUsers)
    const entries: Entry[] = [
      { ...trunkline.target('RS256'), server: trunkline.server, numbers: stored },
      { ...betterAuth.target(), server: betterAuth.server, numbers: stored },
      { ...trunkline.target('ES256'), server: trunkline.server, numbers: stored },
      { name: 'pgbench', ceiling },
    ]
    await run('PostgreSQL', 16, entries)
    await run('PostgreSQL', 1, entries, Math.ceil(rounds / 2))
    await run('PostgreSQL', 64, entries, Math.ceil(rounds / 2))
    const strangers = entries
      .filter((entry) => 'signIn' in entry)
      .map((entry) => ({ ...entry, numbers: newNumbers }))
    await run('PostgreSQL, every sign-in a new user', 16, strangers, Math.ceil(rounds / 2))
  }
  if (wanted('start')) {
    const trunkline = await scene.trunkline(someUsers)
    const entry = { ...trunkline.target('RS256'), server: trunkline.server, numbers: stored }
    const [closed] = await run('PostgreSQL, to find the rate', 16, [entry], Math.ceil(rounds / 2))
    const perSecond = median((closed?.slices ?? []).map((slice) => slice.perSecond)) / 2
    process.stderr.write(`half of the rate, ${Math.round(perSecond)} sign-ins per second\n`)
    const measured = await runRounds([{ ...entry, arriving: perSecond }], {
      concurrency: 64,
      rounds: Math.ceil(rounds / 2),
      sliceMs: sliceMs * 2,
    })
    results.runs.push({ title: 'PostgreSQL, arriving at half the rate', concurrency: 0, measured })
  }
  if (wanted('users')) {
    const few = await scene.trunkline(someUsers)
    const many = await scene.trunkline(manyUsers)
    const entries = (['RS256', 'ES256'] as const).flatMap((alg) => [
      { ...few.target(alg), server: few.server, numbers: storedNumbers(someUsers) },
      { ...many.target(alg), server: many.server, numbers: storedNumbers(manyUsers) },
    ])
    await run('PostgreSQL, stored users', 16, entries)
  }
  if (wanted('pglite')) {
    const pglite = await scene.pglite(someUsers)
    const entries = (['RS256', 'ES256'] as const).map((alg) => ({
      ...pglite.target(alg),
      server: pglite.server,
      numbers: stored,
    }))
    for (const concurrency of [1, 16, 64]) {
      await run('PGlite', concurrency, entries, Math.ceil(rounds / 2))
    }
  }
  return results
}

async function main(): Promise<void> {
  const known = (part: string) => parts.some((each) => each === part)
  const [only, ...more] = positionals
  const isKnown =
    only === undefined || only === 'actions' || only === 'login' || only === 'management'
  if (options.help || !options.only.every(known) || !isKnown || more.length > 0) {
    process.stdout.write(`${usage}\n`)
    process.exitCode = options.help ? 0 : 1
    return
  }
  if (only === undefined) installOthers()
  const folder = await mkdtemp(path.join(tmpdir(), 'trunkline-bench-'))
  const carrier = await startCarrier()
  // As in production: every commit is on the disk before its answer, and more memory than the default.
  const cluster = await startCluster({ durable: true, settings: serverSettings })
  const scene = openScene({
    clusterUrl: cluster.url,
    carrier,
    folder,
    profileFolder: options.profile,
  })
  try {
    const file =
      only === 'actions'
        ? await runActions(scene, carrier)
        : only === 'login'
          ? await runLogins(scene, carrier)
          : only === 'management'
            ? await runManagement(scene)
            : await runSignIns(scene)
    process.stdout.write(`\n${file}\n`)
  } finally {
    await scene.close()
    await cluster.stop()
    carrier.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function runSignIns(scene: Scene): Promise<string> {
  const results = await measure(scene)
  printResults(results)
  return writeResults('', { ...results, ratios: targetRatios(results) })
}

async function runActions(scene: Scene, carrier: Carrier): Promise<string> {
  const results = await measureActions(scene, carrier, { rounds, sliceMs, users: someUsers })
  printActions(results)
  return writeResults('actions-', results)
}

async function runLogins(scene: Scene, carrier: Carrier): Promise<string> {
  const results = await measureLogins(scene, carrier, { rounds, sliceMs, users: someUsers })
  printLogins(results)
  return writeResults('login-', results)
}

async function runManagement(scene: Scene): Promise<string> {
  const results = await measureManagement(scene, options.quick)
  printManagement(results)
  return writeResults('management-', results)
}

/** better-auth stays out of the product's own packages. */
function installOthers(): void {
  if (existsSync(new URL('better-auth/node_modules/better-auth', import.meta.url))) return
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: new URL('better-auth/', import.meta.url),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function writeResults(prefix: string, results: object): Promise<string> {
  const folder = new URL('results/', import.meta.url)
  await mkdir(folder, { recursive: true })
  const name = `${prefix}${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.json`
  await writeFile(new URL(name, folder), `${JSON.stringify(results, null, 2)}\n`)
  return `bench/results/${name}`
}

await main()
