import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Actions } from '../actions/create-actions.ts'
import { Background } from '../base/background.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { egressPolicy } from '../base/egress-policy.ts'
import { InFlight } from '../base/in-flight.ts'
import type { Logger } from '../base/logger.ts'
import { type Random, systemRandom } from '../base/random.ts'
import { createSecretBox } from '../base/secret-box.ts'
import { Sequence } from '../base/sequence.ts'
import type { Deps, Options } from '../domain/deps.ts'
import { reorderLogs } from '../domain/log-order.ts'
import { LogStreamSender } from '../domain/log-stream-sender.ts'
import { Maintenance } from '../domain/maintenance.ts'
import { MessageSweeper } from '../domain/message-sweeper.ts'
import { Tenants } from '../domain/tenant.ts'
import { buildServer } from '../http/server.ts'
import type { Database } from '../store/db.ts'
import { countOpenMessages } from '../store/messages.ts'
import { migrate, pendingMigrations } from '../store/migrations.ts'
import { createMetrics } from './metrics.ts'
import { createOutgoingFetch } from './outgoing-fetch.ts'
import { createTenantFetch } from './tenant-fetch.ts'

/** What the program is built from. Tests give a still clock, counted chance and a short lease. */
export type AppOptions = {
  database: Database
  /** The first seals, all open; 32 bytes each. */
  masterKeys: readonly Uint8Array[]
  log: Logger
  production: boolean
  inbox: boolean
  callbacks: boolean
  twilioUrl: string
  legacyPhone: 'allow' | 'deny'
  tls?: { cert: string; key: string } | undefined
  trustProxy?: boolean | string | number
  allowedHosts?: string[]
  clock?: Clock
  random?: Random
  fetch?: typeof fetch
  /** `host:port` that tenants may reach although the address is private. */
  egressAllow?: readonly string[]
  /** Runs tenant code; without it there is nothing that could. */
  actions?: Deps['actions'] & Partial<Pick<Actions, 'measure' | 'isolation'>>
  leaseMs?: number
  maxDeliveries?: number
  /** How often waiting messages are looked for; 0: only when a test says so. */
  sweepIntervalMs?: number
}

export type App = {
  deps: Deps
  tenants: Tenants
  sweeper: MessageSweeper
  logStreams: LogStreamSender
  server: FastifyInstance
  /** Migrates the database and starts the work that goes on beside requests. */
  start(): Promise<void>
  /** Requests are answered from now on: the first tenant stands. */
  serve(): void
  /** No new requests, running deliveries end or go back to the table, the database is closed. */
  close(): Promise<void>
}

/** How long running requests and deliveries may take to end when the process stops. */
const drainMs = 7000
const maintenanceMs = 60_000

/** Puts the program together. Nothing runs and nothing listens yet. */
export async function createApp(options: AppOptions): Promise<App> {
  const { database: db, log } = options
  const drain = new AbortController()
  const metrics = createMetrics({
    openMessages: () => countOpenMessages(db),
    database: () => db.stats(),
  })
  const settings: Options = {
    production: options.production,
    inbox: options.inbox,
    callbacks: options.callbacks,
    twilioUrl: options.twilioUrl,
    legacyPhone: options.legacyPhone,
    leaseMs: options.leaseMs ?? 25_000,
    maxDeliveries: options.maxDeliveries ?? 200,
  }
  const deps: Deps = {
    db,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom(),
    sequence: new Sequence(),
    background: new Background(log),
    deliveries: new InFlight(),
    log,
    metrics,
    fetch: options.fetch ?? createOutgoingFetch(),
    tenantFetch: createTenantFetch({ rules: egressPolicy(options.egressAllow ?? []) }),
    ...(options.actions !== undefined && { actions: options.actions }),
    secretBox: createSecretBox(options.masterKeys),
    nodeId: randomUUID(),
    options: settings,
    draining: drain.signal,
  }
  const tenants = new Tenants(deps)
  const sweeper = new MessageSweeper(deps, tenants)
  const logStreams = new LogStreamSender(deps)
  const maintenance = new Maintenance(deps)
  let migrated = false
  let serving = false

  const server = await buildServer(deps, tenants, {
    tls: options.tls,
    trustProxy: options.trustProxy ?? false,
    allowedHosts: options.allowedHosts ?? [],
    isServing: () => serving && !drain.signal.aborted,
    readiness: async () => ({
      database: await isReachable(db),
      migrations: migrated && serving,
      draining: drain.signal.aborted,
      actions_isolation: options.actions?.isolation?.(),
    }),
    metricsText: () => metrics.text(),
    onAnswered(request) {
      metrics.answered(request)
      log.debug(request, 'request')
    },
  })

  return {
    deps,
    tenants,
    sweeper,
    logStreams,
    server,
    async start() {
      await migrate(db)
      await reorderLogs(deps)
      migrated = true
      if (options.sweepIntervalMs !== 0) {
        sweeper.start(options.sweepIntervalMs ?? 1000)
        logStreams.start(options.sweepIntervalMs ?? 1000)
        maintenance.start(maintenanceMs)
      }
    },
    serve() {
      serving = true
      // Nobody waits for it but the first Action.
      void options.actions?.measure?.()
    },
    async close() {
      drain.abort()
      await sweeper.stop()
      await logStreams.stop()
      await maintenance.stop()
      const enough = after(drainMs)
      const closed = server.close()
      await Promise.race([closed, enough])
      // Somebody who never ends a request does not hold up the rest.
      server.server.closeAllConnections()
      await closed
      await Promise.race([deps.background.idle(), enough])
      await deps.actions?.close(0)
      if (migrated) await sweeper.release()
      await db.close()
    },
  }
}

/** Resolves after `ms` without keeping the process alive for it. */
const after = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms).unref()
  })

/** True when the database answers within a second. */
async function isReachable(db: Database): Promise<boolean> {
  const answered = pendingMigrations(db).then(
    () => true,
    () => false,
  )
  return Promise.race([answered, after(1000).then(() => false)])
}
