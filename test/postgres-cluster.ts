import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chown, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { silentLogger } from '../src/base/logger.ts'
import { migrate } from '../src/store/migrations.ts'
import { openPostgres } from '../src/store/postgres.ts'
import { findPostgres } from './programs.ts'

/** A private PostgreSQL server. */
export type Cluster = {
  /** Of its database `postgres`; the user may do everything. */
  url: string
  /** Stops it and removes its files. The end of this process does the same, however it comes. */
  stop(): Promise<void>
}

/** How a private server behaves. */
export type ClusterOptions = {
  /** Writes to the disk before it answers, as in production. Tests do without, benchmarks measure it. */
  durable?: boolean
  maxConnections?: number
  /** Further server settings. */
  settings?: Readonly<Record<string, string>>
}

/** A database for one test file. */
export type TestDatabase = { url: string; drop(): Promise<void> }

/** Names the server that tests use, instead of a private one. `npm test` sets it for all test files. */
export const serverVariable = 'TRUNKLINE_TEST_DATABASE_URL'

/**
 * Starts a PostgreSQL server of its own in a temporary folder, on a free port of the loopback.
 *
 * @throws Error when the programs are missing or the server does not start
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const programs = await findPostgres()
  if (programs === undefined)
    throw new Error('no PostgreSQL programs (15 or newer) on this machine')
  const owner = serverUser()
  const folder = await mkdtemp(path.join(tmpdir(), 'trunkline-postgres-'))
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid)
  const data = path.join(folder, 'data')
  try {
    execFileSync(
      path.join(programs, 'initdb'),
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      {
        ...owner,
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { PATH: process.env.PATH },
      },
    )
    return await startServer(path.join(programs, 'postgres'), folder, owner, options)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** The server that tests share: the one that the environment names, or a private one of this process. */
export function testServerUrl(): Promise<string> {
  const named = process.env[serverVariable]
  if (named !== undefined && named !== '') return Promise.resolve(named)
  ownServer ??= startCluster().then((cluster) => cluster.url)
  return ownServer
}

let ownServer: Promise<string> | undefined

/** A database with the newest schema and no rows, cloned from a template that is migrated once. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = await testServerUrl()
  templates ??= createTemplate(serverUrl)
  return createDatabase(serverUrl, await templates)
}

/** A database without any table. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase(await testServerUrl(), 'template0')
}

let templates: Promise<string> | undefined

async function createDatabase(serverUrl: string, template: string): Promise<TestDatabase> {
  const name = `trunkline_test_${randomBytes(8).toString('hex')}`
  await administer(serverUrl, (client) =>
    client.query(`create database ${name} template ${template}`),
  )
  return {
    url: databaseUrl(serverUrl, name),
    async drop() {
      await administer(serverUrl, (client) =>
        client.query(`drop database if exists ${name} with (force)`),
      )
    },
  }
}

/**
 * The template is named for the migrations it holds, so a server that outlives a test run never
 * hands out an old one. Several test processes may come here at once.
 */
async function createTemplate(serverUrl: string): Promise<string> {
  const name = `trunkline_template_${await migrationsDigest()}`
  await administer(serverUrl, async (client) => {
    await client.query('select pg_advisory_lock(418)')
    const found = await client.query('select 1 from pg_database where datname = $1', [name])
    if (found.rowCount !== 0) return
    const draft = `${name}_draft`
    await client.query(`drop database if exists ${draft} with (force)`)
    await client.query(`create database ${draft}`)
    const db = openPostgres(databaseUrl(serverUrl, draft), { log: silentLogger })
    try {
      await migrate(db)
    } finally {
      await db.close()
    }
    await client.query(`alter database ${draft} rename to ${name}`)
  })
  return name
}

async function migrationsDigest(): Promise<string> {
  const folder = new URL('../src/store/migrations/', import.meta.url)
  const hash = createHash('sha256')
  for (const name of (await readdir(folder)).sort()) {
    hash.update(name).update(await readFile(new URL(name, folder)))
  }
  return hash.digest('hex').slice(0, 16)
}

async function administer(serverUrl: string, work: (client: pg.Client) => Promise<unknown>) {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

type Owner = { uid: number; gid: number }

/** PostgreSQL refuses to run as root, so root runs it as the user of the Debian package. */
function serverUser(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/**
 * Runs the server until the end of its own input, a pipe that only we hold: it ends when we close it
 * and when we die, even of SIGKILL. Then the server goes, and its folder with it.
 */
const guard = `
folder=$1; shift
"$@" < /dev/null &
server=$!
exec 3<&0
{ cat <&3 > /dev/null; kill -QUIT $server; } &
wait $server
kill $! 2> /dev/null
rm -rf "$folder"
`

async function startServer(
  program: string,
  folder: string,
  owner: Owner | undefined,
  options: ClusterOptions,
): Promise<Cluster> {
  const port = await freePort()
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: String(options.maxConnections ?? 200),
    shared_buffers: '128MB',
    ...(options.durable !== true && {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
    }),
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const log = await open(path.join(folder, 'log'), 'w+')
  const child = spawn(
    'sh',
    ['-c', guard, 'guard', folder, program, '-D', path.join(folder, 'data'), ...flags],
    {
      ...owner,
      cwd: folder,
      stdio: ['pipe', log.fd, log.fd],
      // A session of its own: Ctrl-C in the terminal must not end the guard before its work is done.
      detached: true,
      env: { PATH: process.env.PATH },
    },
  )
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  try {
    await untilReady(url, child)
  } catch (error) {
    await end(child)
    // The file is gone by now; its open handle still reads.
    const { buffer, bytesRead } = await log.read({ position: 0 })
    const text = buffer.toString('utf8', 0, bytesRead).trim()
    throw new Error(`PostgreSQL did not start: ${text}`, { cause: error })
  } finally {
    await log.close()
  }
  child.unref()
  if (child.stdin !== null && 'unref' in child.stdin && typeof child.stdin.unref === 'function') {
    child.stdin.unref()
  }
  return { url, stop: () => end(child) }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.ref()
  const exited = once(child, 'exit')
  child.stdin?.end()
  await exited
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await administer(url, async () => undefined)
      return
    } catch (error) {
      if (child.exitCode !== null || attempt === 600) throw error
      await setTimeout(50)
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}
