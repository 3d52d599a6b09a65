import type { Static, TSchema } from 'typebox'
import type { Db } from '../src/store/db.ts'
import { readLogsInOrder } from '../src/store/log-streams.ts'
import type { Query } from '../src/store/sql.ts'
import { searchTenantLogs } from '../src/store/tenant-log-search.ts'
import { userConditions } from '../src/store/user-search.ts'
import { countAllUsers, listUsers } from '../src/store/users.ts'
import { connected } from './databases.ts'
import { HttpConnection } from './http-connection.ts'
import { phoneNumber, twelveDigits } from './phone-numbers.ts'
import { describeMachine } from './report.ts'
import type { Scene } from './scene.ts'
import { percentile } from './statistics.ts'

type Times = { name: string; count: number; p50: number; p99: number; max: number }

export type ManagementResults = {
  machine: Record<string, string | number>
  users: number
  logs: number
  /** One caller, then four at once. */
  alone: Times[]
  together: Times[]
  /** The whole log, a hundred entries at a time, in ten parts. */
  walk: Times[]
  walked: number
  plans: { name: string; plan: string[] }[]
}

/** One request of a kind; the index makes each of them another. */
type Call = { name: string; path(index: number): string }

/** Spreads indices over the users, so that no call finds its rows warm because of the one before. */
const stride = 7919

/** What the Management API takes with many users and a long log. */
export async function measureManagement(scene: Scene, quick: boolean): Promise<ManagementResults> {
  const users = quick ? 10_000 : 100_000
  const logs = quick ? 50_000 : 1_000_000
  const count = quick ? 200 : 2000
  process.stderr.write(`filling ${users} users and ${logs} log entries\n`)
  const { server, url } = await scene.management(users, logs)
  const { authorization } = await server.ask('authorization')
  const userId = (index: number) => `sms|000000000000${twelveDigits((index * stride) % users)}`
  const find = (query: string) => encodeURIComponent(query)
  const calls: Call[] = [
    { name: 'first page of users, with totals', path: () => '/users?include_totals=true' },
    {
      name: 'users, search by number',
      path: (index) =>
        `/users?q=${find(`phone_number:"${phoneNumber((index * stride) % users)}"`)}`,
    },
    {
      name: 'users, search by id',
      path: (index) => `/users?include_totals=true&q=${find(`user_id:"${userId(index)}"`)}`,
    },
    { name: 'one user', path: (index) => `/users/${find(userId(index))}` },
    {
      name: 'log entries of a user',
      path: (index) => `/users/${find(userId(index))}/logs?include_totals=true`,
    },
    { name: 'newest log entries, with totals', path: () => '/logs?include_totals=true' },
    { name: 'log, search by a rare type', path: () => '/logs?q=type:fn' },
    { name: 'log, search by two types', path: () => '/logs?q=type:(f%20s)&per_page=100' },
  ]
  const caller = { port: server.port, authorization: String(authorization) }
  const measure = async (at: number) => {
    const measured: Times[] = []
    for (const call of calls) measured.push(await timed(caller, call, count, at))
    return measured
  }
  await measure(1) // the compiler and the caches
  const alone = await measure(1)
  const together = await measure(4)
  process.stderr.write('reading the whole log\n')
  const { walk, walked } = await readWholeLog(caller, logs)
  return {
    machine: describeMachine(),
    ...{ users, logs, alone, together, walk, walked },
    plans: await plansOf(url, userId(1)),
  }
}

type Caller = { port: number; authorization: string }

const get = async (connection: HttpConnection, { authorization }: Caller, path: string) => {
  const head =
    `GET /api/v2${path} HTTP/1.1\r\nhost: bench.example.test\r\n` +
    `authorization: ${authorization}\r\n`
  const { status, body } = await connection.request(head, '')
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`)
  return body
}

async function timed(caller: Caller, call: Call, count: number, at: number): Promise<Times> {
  const took: number[] = []
  let index = 0
  const work = async () => {
    const connection = await HttpConnection.open(caller.port)
    while (index < count) {
      index += 1
      const started = performance.now()
      await get(connection, caller, call.path(index))
      took.push(performance.now() - started)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: at }, work))
  return timesOf(call.name, took)
}

/** Follows the log from its first entry to its last, as a reader does that ships it elsewhere. */
async function readWholeLog(caller: Caller, logs: number) {
  const connection = await HttpConnection.open(caller.port)
  const took: number[] = []
  let from = '0'
  let walked = 0
  while (walked < logs) {
    const started = performance.now()
    const page: { log_id: string }[] = JSON.parse(
      await get(connection, caller, `/logs?from=${from}&take=100`),
    )
    took.push(performance.now() - started)
    walked += page.length
    const last = page.at(-1)?.log_id
    if (last === undefined || last <= from) break
    from = last
  }
  connection.close()
  const part = Math.ceil(took.length / 10)
  const walk = Array.from({ length: 10 }, (_, index) =>
    timesOf(`log pages, part ${index + 1} of 10`, took.slice(index * part, (index + 1) * part)),
  )
  return { walk, walked }
}

function timesOf(name: string, took: number[]): Times {
  const sorted = took.sort((a, b) => a - b)
  return {
    ...{ name, count: sorted.length, max: sorted.at(-1) ?? 0 },
    ...{ p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) },
  }
}

/** How PostgreSQL answers the statements behind these calls, after the fact. */
async function plansOf(url: string, userId: string): Promise<ManagementResults['plans']> {
  const { asked, db } = recorder()
  const middle = `90020${String(Date.now() - 14 * 86_400_000).padStart(14, '0')}`
  const byNumber = {
    kind: 'term',
    field: 'phone_number',
    value: phoneNumber(1),
    pieces: ['x'],
  } as const
  const byId = { ...byNumber, field: 'user_id', value: userId }
  const newest = { ascending: false, start: 0, limit: 50 }
  const users = (where: Query[]) =>
    listUsers(db, 'bench', {
      ...{ where, limit: 50, offset: 0 },
      sort: { column: 'created_at', descending: true },
    })
  const none = { userId: undefined, types: undefined, query: undefined }
  const statements: [string, () => unknown][] = [
    ['first page of users', () => users([])],
    ['how many users there are', () => countAllUsers(db, 'bench')],
    ['users by number', () => users(userConditions({ query: byNumber }))],
    ['users by id', () => users(userConditions({ query: byId }))],
    [
      'log entries after an id',
      () =>
        searchTenantLogs(
          db,
          'bench',
          { ...none, fromId: middle },
          { ascending: true, start: 0, limit: 100 },
        ),
    ],
    [
      'newest log entries of two types',
      () => searchTenantLogs(db, 'bench', { ...none, types: ['f', 's'] }, newest),
    ],
    [
      'newest log entries of a user',
      () => searchTenantLogs(db, 'bench', { ...none, userId }, newest),
    ],
    [
      'entries for a log stream',
      () => readLogsInOrder(db, 'bench', { read_xid: '3', read_log_id: middle }, 100),
    ],
  ]
  return connected(url, async (client) => {
    const plans = []
    for (const [name, run] of statements) {
      await run()
      const query = asked.pop()
      if (query === undefined) throw new Error(`${name} asked nothing`)
      const { rows } = await client.query<{ 'QUERY PLAN': string }>({
        text: `explain (analyze, buffers, costs off, timing off) ${query.text}`,
        values: [...query.values],
      })
      plans.push({ name, plan: rows.map((row) => row['QUERY PLAN']) })
    }
    return plans
  })
}

/** A database that keeps what it is asked and finds nothing. */
function recorder(): { asked: Query[]; db: Db } {
  const asked: Query[] = []
  const keep = async (query: Query) => {
    asked.push(query)
  }
  const db: Pick<Db, 'rows' | 'first'> = {
    rows: async <S extends TSchema>(_: S, query: Query): Promise<Static<S>[]> => {
      await keep(query)
      return []
    },
    first: async (_, query) => {
      await keep(query)
      return undefined
    },
  }
  return { asked, db: db as Db } // lists and counts use these two
}

/** The times against the goal, then the plans. */
export function printManagement(results: ManagementResults): void {
  const { users, logs, walked } = results
  process.stdout.write(`\nManagement API, ${users} users, ${logs} log entries (ms)\n`)
  const line = ({ name, count, p50, p99, max }: Times) =>
    process.stdout.write(
      `  ${name.padEnd(34)} p50 ${p50.toFixed(1).padStart(5)}  p99 ${p99.toFixed(1).padStart(5)}` +
        `  max ${max.toFixed(1).padStart(6)}  of ${count}\n`,
    )
  process.stdout.write(' one caller\n')
  results.alone.forEach(line)
  process.stdout.write(' four at once\n')
  results.together.forEach(line)
  process.stdout.write(` the whole log, a hundred entries at a time: ${walked} entries\n`)
  results.walk.forEach(line)
  const p50s = results.walk.map(({ p50 }) => p50)
  const worst = Math.max(...[...results.alone, ...results.walk].map(({ p99 }) => p99))
  const spread = Math.max(...p50s) / Math.min(...p50s)
  process.stdout.write(
    `\nworst p99 of one caller: ${worst.toFixed(1)} ms (below 50${worst < 50 ? '' : ', missed'})\n` +
      `slowest tenth of the log to the fastest, p50: ${spread.toFixed(2)}\n`,
  )
  for (const { name, plan } of results.plans) {
    process.stdout.write(`\n${name}\n${plan.map((text) => `  ${text}\n`).join('')}`)
  }
}
