import { createActions } from '../actions/create-actions.ts'
import type { Logger } from '../base/logger.ts'
import { createTenant, seedFirstTenant } from '../domain/create-tenant.ts'
import { checkMasterKeys } from '../domain/master-key-check.ts'
import { resealAll } from '../domain/reseal.ts'
import { rotateSigningKeys } from '../domain/signing-keys.ts'
import { openDatabase } from '../store/open-database.ts'
import { ping } from '../store/ping.ts'
import { listTenants } from '../store/tenants.ts'
import { type App, type AppOptions, createApp } from './app.ts'
import { readTls } from './certificates.ts'
import { type Config, ConfigError } from './config.ts'
import { createLogger } from './logger.ts'
import { readMasterKeys } from './master-key.ts'
import type { Tls } from './tls.ts'

/** A running server, for the command line. */
export type RunningServer = {
  /** Where it listens. */
  address: string
  tls: Tls | undefined
  /** Set when this start made the first tenant. */
  firstStart: { clientId: string; clientSecret: string } | undefined
  close(): Promise<void>
}

/**
 * Opens everything that the configuration names and starts the server. It listens before the database
 * is migrated, so that `/livez` and `/readyz` tell the operator what is going on.
 */
export async function runServer(config: Config): Promise<RunningServer> {
  const log = createLogger(config.logLevel)
  for (const name of config.unknownVariables) {
    log.warn({ variable: name }, 'this variable means nothing here: a misspelling?')
  }
  const tls = await readTls(config)
  const actions = createActions({
    log,
    allow: config.actionsAllow,
    requiredLevel: config.actionsIsolation,
  })
  const app = await openApp(config, log, { tls, actions })
  const close = async () => {
    log.info({}, 'stopping')
    await app.close()
    log.info({}, 'stopped')
  }
  try {
    const address = await listen(app, config)
    log.info({ address }, 'listening')
    await start(app, config)
    const seeded = await seedFirstTenant(app.deps, {
      name: config.tenant,
      url: config.url,
      adminClientId: config.adminClientId,
      adminClientSecret: config.adminClientSecret,
    })
    app.serve()
    log.info({ tenant: config.tenant }, 'ready')
    return { address, tls, firstStart: seeded, close }
  } catch (error) {
    await app.close().catch((closing: unknown) => log.error({ err: closing }, 'closing failed'))
    throw error
  }
}

/** @throws ConfigError when the address cannot be listened on */
async function listen(app: App, { host, port }: Config): Promise<string> {
  try {
    return await app.server.listen({ host, port })
  } catch (error) {
    const { code } = error as { code?: unknown }
    const problem = {
      EADDRINUSE: 'is in use by another program',
      EACCES: 'may not be used by this user',
      EADDRNOTAVAIL: 'is not an address of this machine',
      ENOTFOUND: 'is not an address of this machine',
    }[String(code)]
    if (problem === undefined) throw error
    throw new ConfigError(`TRUNKLINE_HOST and TRUNKLINE_PORT: ${host}:${port} ${problem}`)
  }
}

/** @throws ConfigError when the database does not answer or the key is not the one it was sealed with */
async function start(app: App, config: Config): Promise<void> {
  await ping(app.deps.db).catch((error: unknown) => {
    throw new ConfigError(`TRUNKLINE_DATABASE_URL: the database does not answer: ${told(error)}`)
  })
  await app.start()
  await checkMasterKeys(app.deps).catch((error: unknown) => {
    const key =
      config.secretKeys === undefined
        ? `the key in ${config.dataDir}/secret.key`
        : 'TRUNKLINE_SECRET_KEY'
    throw new ConfigError(`${key} does not open what the database holds: ${told(error)}`)
  })
}

/** Node gives an error without a message when every address of a name was tried. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as { code?: unknown }
  return error.message || String(code ?? error.name)
}

async function openApp(
  config: Config,
  log: Logger,
  options: Pick<AppOptions, 'tls' | 'sweepIntervalMs' | 'actions'> = {},
): Promise<App> {
  const masterKeys = await readMasterKeys(config)
  const database = await openDatabase(config.databaseUrl, { log })
  return createApp({
    database,
    masterKeys,
    log,
    ...options,
    production: config.production,
    inbox: config.inbox,
    callbacks: config.urlIsExplicit,
    twilioUrl: config.twilioUrl,
    legacyPhone: config.legacyPhone,
    egressAllow: config.actionsAllow,
    trustProxy: config.trustProxy,
    allowedHosts: [new URL(config.url).host],
  })
}

/** Runs one administrative command on the configured database, beside running servers. */
async function administer<T>(config: Config, command: (app: App) => Promise<T>): Promise<T> {
  // Standard output is for what was asked. Messages are left to the servers.
  const app = await openApp(config, createLogger('error', process.stderr.fd), {
    sweepIntervalMs: 0,
  })
  try {
    await start(app, config)
    return await command(app)
  } finally {
    await app.close()
  }
}

/** `trunkline tenants create`: an empty tenant and its admin client (product D10). */
export const runCreateTenant = (config: Config, tenant: { name: string; url: string }) =>
  administer(config, ({ deps }) => createTenant(deps, tenant))

/** `trunkline tenants list`, oldest first. */
export const runListTenants = (config: Config) =>
  administer(config, async ({ deps }) =>
    (await listTenants(deps.db)).map(({ id, url, created_at }) => ({
      name: id,
      url,
      createdAt: new Date(created_at).toISOString(),
    })),
  )

/** `trunkline keys rotate`: seals everything anew with the first master key; returns how many. */
export const runReseal = (config: Config) => administer(config, ({ deps }) => resealAll(deps))

/** `trunkline keys rotate --signing`: new signing keys for every tenant, the former stay published. */
export const runRotateSigningKeys = (config: Config) =>
  administer(config, async ({ deps }) => {
    const tenants = await listTenants(deps.db)
    for (const { id } of tenants) await rotateSigningKeys(deps, id)
    return tenants.length
  })
