import { randomBytes } from 'node:crypto'
import path from 'node:path'
import type { Carrier } from './carrier.ts'
import { ceilingScript } from './ceiling-script.ts'
import {
  betterAuthUsersSql,
  connected,
  createDatabase,
  fill,
  settle,
  trunklineLogsSql,
  trunklineUsersSql,
} from './databases.ts'
import { HttpConnection } from './http-connection.ts'
import { closedLoop, type Target } from './load.ts'
import { openPgbench, type Pgbench } from './pgbench.ts'
import { phoneNumber, storedNumbers } from './phone-numbers.ts'
import type { RecordedStatement } from './record-statements.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'
import type { ServerRequest } from './server-request.ts'
import { betterAuthTarget, trunklineTarget } from './targets.ts'

type Trunkline = { server: ServerProcess; target(alg: 'RS256' | 'ES256'): Target }
type BetterAuth = { server: ServerProcess; target(): Target }

/** Everything that can be measured; each is started when it is first asked for. */
export type Scene = {
  trunkline(users: number): Promise<Trunkline>
  pglite(users: number): Promise<Trunkline>
  /** Like `trunkline`, but an Action calls the carrier. */
  customProvider(users: number): Promise<Trunkline>
  /** A server with many users and a long log. */
  management(users: number, logs: number): Promise<{ server: ServerProcess; url: string }>
  betterAuth(users: number): Promise<BetterAuth>
  /** The statements of a sign-in, on a database with as many users. */
  ceiling(users: number): Promise<Pgbench>
  close(): Promise<void>
}

type SceneOptions = {
  clusterUrl: string
  carrier: Carrier
  /** For the files of PGlite. */
  folder: string
  profileFolder: string | undefined
}

export function openScene({ clusterUrl, carrier, folder, profileFolder }: SceneOptions): Scene {
  const masterKey = randomBytes(32).toString('base64')
  const closing: (() => Promise<void>)[] = []
  const started = new Map<string, Promise<unknown>>()

  /** One of each, however often it is asked for. */
  function once<T>(name: string, start: () => Promise<T>): Promise<T> {
    const known = started.get(name) as Promise<T> | undefined // each name has one type
    if (known !== undefined) return known
    const starting = start()
    started.set(name, starting)
    return starting
  }
  async function startTrunkline(
    name: string,
    databaseUrl: string,
    options: { record: boolean; provider?: ServerRequest['provider'] },
  ): Promise<Trunkline> {
    const request: ServerRequest = {
      databaseUrl,
      carrierPort: carrier.port,
      masterKey,
      record: options.record,
      provider: options.provider ?? 'twilio',
    }
    const execArgv =
      profileFolder === undefined || options.record
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profileFolder)}`]
    const server = await startServerProcess('trunkline-server.ts', request, { execArgv })
    closing.push(() => server.stop())
    return {
      server,
      target: (alg) => trunklineTarget(`${name} ${alg}`, server.port, carrier, alg),
    }
  }
  const database = (name: string) =>
    once(`database ${name}`, () => createDatabase(clusterUrl, name))

  const trunkline = (users: number) =>
    once(`trunkline ${users}`, async () => {
      const url = await database(`trunkline_${users}`)
      const name = users === 10_000 ? 'Trunkline' : `Trunkline, ${users} users`
      const running = await startTrunkline(name, url, { record: false })
      await fill(url, trunklineUsersSql(users))
      await warmUp(running.target('RS256'), users)
      await settle(url)
      return running
    })

  return {
    trunkline,
    pglite: (users) =>
      once(`pglite ${users}`, async () => {
        const url = `pglite:${path.join(folder, 'pglite')}`
        const running = await startTrunkline('Trunkline on PGlite', url, { record: false })
        await running.server.ask(`fill ${users}`)
        await warmUp(running.target('RS256'), users)
        await running.server.ask('settle')
        return running
      }),
    customProvider: (users) =>
      once(`custom provider ${users}`, async () => {
        const url = await database(`custom_provider_${users}`)
        const running = await startTrunkline('Trunkline', url, {
          record: false,
          provider: 'custom',
        })
        await fill(url, trunklineUsersSql(users))
        await warmUp(running.target('ES256'), users)
        await settle(url)
        return running
      }),
    management: (users, logs) =>
      once(`management ${users} ${logs}`, async () => {
        const url = await database(`management_${users}`)
        const { server } = await startTrunkline('Trunkline', url, { record: false })
        await fill(url, trunklineUsersSql(users))
        // A while ago: who goes on from the last id does not wait for what is being written.
        for (const part of trunklineLogsSql(logs, users, Date.now() - 60_000)) await fill(url, part)
        await settle(url)
        return { server, url }
      }),
    betterAuth: (users) =>
      once(`better-auth ${users}`, async () => {
        const databaseUrl = await database(`better_auth_${users}`)
        const server = await startServerProcess('better-auth/server.ts', {
          databaseUrl,
          carrierPort: carrier.port,
        })
        closing.push(() => server.stop())
        await fill(databaseUrl, betterAuthUsersSql(users))
        const target = betterAuthTarget('better-auth', server.port, carrier)
        await warmUp(target, users)
        await settle(databaseUrl)
        return { server, target: () => target }
      }),
    ceiling: (users) =>
      once(`ceiling ${users}`, async () => {
        // A database of its own: the messages that pgbench writes are no work for a real server.
        const url = await database(`ceiling_${users}`)
        const recorder = await startTrunkline('recorder', url, { record: true })
        await fill(url, trunklineUsersSql(users))
        await warmUp(recorder.target('RS256'), users)
        await settle(url)
        await recorder.server.ask('take-recorded')
        const signIns = await recordSignIns(recorder)
        await recorder.server.stop()
        const script = await connected(url, (client) => ceilingScript(client, signIns, users))
        const pgbench = await openPgbench(url, script)
        closing.push(() => pgbench.close())
        await checkCeiling(url, pgbench)
        return pgbench
      }),
    async close() {
      for (const close of closing.reverse()) await close()
    },
  }
}

/** Fills the tables that sign-ins fill, and lets the compiler of the server see its hot code. */
const warmUp = (target: Target, users: number) =>
  closedLoop(target, { concurrency: 16, durationMs: 5000, numbers: storedNumbers(users) })

async function recordSignIns({ server, target }: Trunkline) {
  const { signIn } = target('RS256')
  const connection = await HttpConnection.open(server.port)
  const number = phoneNumber(1)
  const record = async (person: string): Promise<RecordedStatement[]> => {
    await signIn(connection, person)
    const { recorded } = await server.ask('take-recorded')
    return recorded as RecordedStatement[] // what a recording server answers
  }
  // The first ones also read settings, prepare statements and fill caches.
  for (const person of [number, phoneNumber(5000)]) await record(person)
  const signIns = {
    number,
    first: await record(number),
    again: await record(number),
    other: await record(phoneNumber(5000)),
  }
  connection.close()
  return signIns
}

/** A script whose guesses are wrong would be a lower ceiling than the true one. */
async function checkCeiling(url: string, pgbench: Pgbench): Promise<void> {
  const signedIn = () =>
    connected(url, async (client) => {
      const { rows } = await client.query<{ count: string }>(
        `select count(*) from tenant_logs where type = 's'`,
      )
      return Number(rows[0]?.count)
    })
  const before = await signedIn()
  await pgbench.run({ transactions: 50 })
  const after = await signedIn()
  if (after - before !== 50) {
    throw new Error(`of 50 sign-ins in pgbench ${after - before} were right`)
  }
}
