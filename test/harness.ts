import { randomBytes } from 'node:crypto'
import { after } from 'node:test'
import type { ActionBuilder } from '../src/actions/action-builder.ts'
import type { ActionRunner, IsolationLevel } from '../src/actions/action-runner.ts'
import { createActions } from '../src/actions/create-actions.ts'
import { type App, createApp } from '../src/app/app.ts'
import type { Clock } from '../src/base/clock.ts'
import type { Logger } from '../src/base/logger.ts'
import { createTenant, seedFirstTenant } from '../src/domain/create-tenant.ts'
import type { Database } from '../src/store/db.ts'
import { borrow } from './borrowed-database.ts'
import { fakeActions } from './fake-actions.ts'
import { type FakeTwilio, startFakeTwilio } from './fake-twilio.ts'
import { openMigrated } from './migrated.ts'
import { withCheckedReplies } from './reply-check.ts'

/** A clock that a test moves. */
export type StillClock = Clock & { advance(ms: number): void }

export type Reply = {
  status: number
  headers: Record<string, string | string[] | number | undefined>
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails where it is not there
  body: any
  text: string
}

export type TestServer = {
  app: App
  tenant: { name: string; url: string; host: string }
  admin: { clientId: string; clientSecret: string }
  clock: StillClock
  /** The carrier on loopback; only with `provider: 'twilio'`. */
  carrier: FakeTwilio
  request(method: string, path: string, body?: unknown, headers?: Headers): Promise<Reply>
  get(path: string, headers?: Headers): Promise<Reply>
  /** JSON; waits for the work that the reply does not wait for. */
  post(path: string, body: unknown, headers?: Headers): Promise<Reply>
  /** The Management API, with a token of every scope. */
  manage(method: string, path: string, body?: unknown, headers?: Headers): Promise<Reply>
  /** Resolves when no delivery and no log entry is under way. */
  settle(): Promise<void>
  /** Types of all log entries but those of the Management API, oldest first. */
  logs(): Promise<string[]>
  /** The code of the newest message, from the carrier or from the inbox. */
  newestCode(): Promise<string>
}

type Headers = Readonly<Record<string, string>>

export type TestServerOptions = {
  engine?: 'pglite' | 'postgres'
  /** An open database to share with another server. */
  database?: Database
  masterKeys?: readonly Uint8Array[]
  production?: boolean
  inbox?: boolean
  callbacks?: boolean
  leaseMs?: number
  maxDeliveries?: number
  /** How carriers are called; for a test that holds an answer back. */
  fetch?: typeof fetch
  /** `host:port` on loopback that a tenant's own addresses may name. */
  egressAllow?: readonly string[]
  /**
   * Runs tenant code: a runner, or what the real one may reach and at which level (the best of the machine
   * when absent). Without it nothing is run and every build is what was sent.
   */
  actions?: (ActionRunner & ActionBuilder) | { allow: readonly string[]; level?: IsolationLevel }
  /** `twilio`: configured against a carrier on loopback. Default: none, messages go to the inbox. */
  provider?: 'twilio' | 'none'
  /** Seeded with connection `sms` and client `demo` (default), or empty but for its admin client. */
  seeded?: boolean
  log?: Logger
  clock?: StillClock
}

/** All tests of a process share one master key and one embedded database; each has its own tenant. */
const masterKey = randomBytes(32)
let tenants = 0

/**
 * A server with a tenant of its own: real routes, real database, a still clock; only the carrier is
 * played. Closed after the test file; nothing to clean.
 */
export async function testServer(options: TestServerOptions = {}): Promise<TestServer> {
  const database = options.database ?? (await openMigrated(options.engine ?? 'pglite'))
  const clock = options.clock ?? stillClock()
  const carrier = await startFakeTwilio()
  const app = await withCheckedReplies(() =>
    createApp({
      database: borrow(database),
      masterKeys: options.masterKeys ?? [masterKey],
      log: options.log ?? quietLogger,
      production: options.production ?? false,
      inbox: options.inbox ?? true,
      callbacks: options.callbacks ?? false,
      twilioUrl: carrier.url,
      legacyPhone: 'allow',
      clock,
      sweepIntervalMs: 0,
      ...(options.leaseMs !== undefined && { leaseMs: options.leaseMs }),
      actions: actionsOf(options.actions),
      ...(options.fetch !== undefined && { fetch: options.fetch }),
      ...(options.egressAllow !== undefined && { egressAllow: options.egressAllow }),
      ...(options.maxDeliveries !== undefined && { maxDeliveries: options.maxDeliveries }),
    }),
  )
  after(async () => {
    await app.close()
    await carrier.close()
  })
  await app.start()
  app.serve()

  tenants += 1
  const name = `t${tenants}-${randomBytes(4).toString('hex')}`
  const host = `${name}.example.test`
  const url = `https://${host}`
  const admin =
    options.seeded === false
      ? await createTenant(app.deps, { name, url })
      : await seedFirstTenant(app.deps, { name, url })
  if (admin === undefined) throw new Error('the tenant stood already')
  const server = speakTo(app, { tenant: { name, url, host }, admin, clock, carrier })
  if (options.provider === 'twilio') await configureTwilio(server)
  return server
}

function actionsOf(given: TestServerOptions['actions']): ActionRunner & ActionBuilder {
  if (given === undefined) return fakeActions()
  return 'allow' in given ? createActions({ log: quietLogger, ...given }) : given
}

function speakTo(
  app: App,
  base: Pick<TestServer, 'tenant' | 'admin' | 'clock' | 'carrier'>,
): TestServer {
  const { tenant, admin } = base
  let token: string | undefined

  const request: TestServer['request'] = async (method, path, body, headers = {}) => {
    const answer = await app.server.inject({
      method: method as 'GET',
      url: path,
      headers: { host: tenant.host, ...headers },
      ...(body !== undefined && { payload: body as object }),
    })
    const text = answer.body
    const isJson = String(answer.headers['content-type'] ?? '').includes('json')
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    }
  }
  const settle = () => app.deps.background.idle()

  const manage: TestServer['manage'] = async (method, path, body, headers) => {
    token ??= await adminToken()
    const answer = await request(method, `/api/v2${path}`, body, {
      authorization: `Bearer ${token}`,
      ...headers,
    })
    await settle()
    return answer
  }
  async function adminToken(): Promise<string> {
    const { body } = await request('POST', '/oauth/token', {
      grant_type: 'client_credentials',
      client_id: admin.clientId,
      client_secret: admin.clientSecret,
      audience: `${tenant.url}/api/v2/`,
    })
    return body.access_token
  }

  return {
    ...base,
    app,
    request,
    manage,
    settle,
    get: (path, headers) => request('GET', path, undefined, headers),
    async post(path, body, headers) {
      const answer = await request('POST', path, body, headers)
      await settle()
      return answer
    },
    async logs() {
      const { body } = await manage('GET', '/logs?per_page=100&sort=date:1')
      return body
        .map((entry: { type: string }) => entry.type)
        .filter((type: string) => type !== 'sapi' && type !== 'seccft')
    },
    async newestCode() {
      const sent = base.carrier.requests.at(-1)?.form.get('Body') ?? ''
      const fromCarrier = /[0-9]{4,}/.exec(sent)?.[0]
      if (fromCarrier !== undefined) return fromCarrier
      const { body } = await manage('GET', '/phone/inbox?take=1')
      return body.messages[0].code
    },
  }
}

/** What a tenant does to send through Twilio. */
export const configureTwilio = (server: Pick<TestServer, 'manage'>) =>
  server.manage('POST', '/branding/phone/providers', {
    name: 'twilio',
    configuration: {
      sid: 'AC00000000000000000000000000000001',
      default_from: '+15005550006',
      delivery_methods: ['text', 'voice'],
    },
    credentials: { auth_token: 'twilio-auth-token' },
  })

export function stillClock(start = Date.now()): StillClock {
  let now = start
  return {
    now: () => now,
    advance(ms) {
      now += ms
    },
  }
}

/** Only what should never happen reaches the output of a test. */
export const quietLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error(fields, message) {
    process.stderr.write(`${message}: ${describe((fields as { err?: unknown }).err)}\n`)
  },
}

const describe = (error: unknown) => (error instanceof Error ? error.stack : String(error))
