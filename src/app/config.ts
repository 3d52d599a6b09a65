import { resolve } from 'node:path'

/** Everything the operator decides, read once from the environment. */
export type Config = {
  production: boolean
  host: string
  port: number
  /** Public origin, no trailing slash. */
  url: string
  /** The operator named the public origin, so carriers can be told to call back. */
  urlIsExplicit: boolean
  tls: { mode: 'off' } | { mode: 'self-signed' } | { mode: 'files'; cert: string; key: string }
  dataDir: string
  databaseUrl: string
  /** The first seals, all open; undefined: generated once into the data folder. */
  secretKeys: Buffer[] | undefined
  tenant: string
  adminClientId: string | undefined
  adminClientSecret: string | undefined
  inbox: boolean
  /** Why the inbox is off although nobody turned it off; for one line at the start. */
  inboxOffBecause: string | undefined
  twilioUrl: string
  actionsAllow: string[]
  actionsIsolation: 'weak' | 'medium' | 'strong'
  logLevel: string
  trustProxy: boolean | string | number
  legacyPhone: 'allow' | 'deny'
  /** Variables that begin with TRUNKLINE_ and mean nothing: a misspelling, most likely. */
  unknownVariables: string[]
}

/** A value that stops the start; the message is the one line that the operator sees. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

type Environment = Readonly<Record<string, string | undefined>>

const known = new Set([
  'TRUNKLINE_HOST',
  'TRUNKLINE_PORT',
  'TRUNKLINE_URL',
  'TRUNKLINE_TLS',
  'TRUNKLINE_DATA_DIR',
  'TRUNKLINE_DATABASE_URL',
  'TRUNKLINE_SECRET_KEY',
  'TRUNKLINE_TENANT',
  'TRUNKLINE_ADMIN_CLIENT_ID',
  'TRUNKLINE_ADMIN_CLIENT_SECRET',
  'TRUNKLINE_INBOX',
  'TRUNKLINE_TWILIO_URL',
  'TRUNKLINE_ACTIONS_ALLOW',
  'TRUNKLINE_ACTIONS_ISOLATION',
  'TRUNKLINE_LOG_LEVEL',
  'TRUNKLINE_TRUST_PROXY',
  'TRUNKLINE_LEGACY_PHONE',
  'TRUNKLINE_TEST_DATABASE_URL',
])

/**
 * Reads and checks every variable.
 *
 * @throws ConfigError naming the variable, what is wrong and what would be right
 */
export function readConfig(env: Environment): Config {
  const production = env.NODE_ENV === 'production'
  const host = given(env, 'TRUNKLINE_HOST') ?? '127.0.0.1'
  const port = readPort(env)
  const tls = readTls(env)
  const explicitUrl = given(env, 'TRUNKLINE_URL')
  const dataDir = resolve(given(env, 'TRUNKLINE_DATA_DIR') ?? './data')
  const inbox = readInbox(env, production, host)
  return {
    production,
    host,
    port,
    url:
      explicitUrl === undefined
        ? `${tls.mode === 'off' ? 'http' : 'https'}://localhost:${port}`
        : readOrigin('TRUNKLINE_URL', explicitUrl),
    urlIsExplicit: explicitUrl !== undefined,
    tls,
    dataDir,
    databaseUrl: readDatabaseUrl(env, dataDir),
    secretKeys: readSecretKeys(env, production),
    tenant: readTenantName('TRUNKLINE_TENANT', given(env, 'TRUNKLINE_TENANT') ?? 'default'),
    adminClientId: readPattern(env, 'TRUNKLINE_ADMIN_CLIENT_ID', /^[A-Za-z0-9_-]{1,64}$/),
    adminClientSecret: readPattern(env, 'TRUNKLINE_ADMIN_CLIENT_SECRET', /^[A-Za-z0-9_-]{16,256}$/),
    ...inbox,
    twilioUrl: readOrigin(
      'TRUNKLINE_TWILIO_URL',
      given(env, 'TRUNKLINE_TWILIO_URL') ?? 'https://api.twilio.com',
    ),
    actionsAllow: readHostPorts(env, 'TRUNKLINE_ACTIONS_ALLOW'),
    actionsIsolation: readWord(
      env,
      'TRUNKLINE_ACTIONS_ISOLATION',
      ['weak', 'medium', 'strong'],
      production ? 'medium' : 'weak',
    ),
    logLevel: readWord(
      env,
      'TRUNKLINE_LOG_LEVEL',
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'info',
    ),
    trustProxy: readTrustProxy(env),
    legacyPhone: readWord(env, 'TRUNKLINE_LEGACY_PHONE', ['allow', 'deny'], 'allow'),
    unknownVariables: Object.keys(env).filter(
      (name) => name.startsWith('TRUNKLINE_') && !known.has(name),
    ),
  }
}

/** An unset and an empty variable are the same. */
function given(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim()
  return value === undefined || value === '' ? undefined : value
}

function readPort(env: Environment): number {
  const text = given(env, 'TRUNKLINE_PORT') ?? '3000'
  const port = Number(text)
  if (!/^[0-9]+$/.test(text) || port > 65_535) {
    throw new ConfigError(`TRUNKLINE_PORT must be a port from 0 to 65535, not "${text}"`)
  }
  return port
}

/** A tenant's URL is an origin: scheme, host and port, no path. Used by `tenants create` too. */
export function readOrigin(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOrigin =
    url !== undefined &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    url.password === ''
  if (!isOrigin) {
    throw new ConfigError(`${name} must be an origin like https://login.example.com, not "${text}"`)
  }
  return url.origin
}

function readTls(env: Environment): Config['tls'] {
  const text = given(env, 'TRUNKLINE_TLS') ?? 'off'
  if (text === 'off' || text === 'self-signed') return { mode: text }
  const [cert, key, ...rest] = text.split(':')
  if (cert === undefined || key === undefined || cert === '' || key === '' || rest.length > 0) {
    throw new ConfigError(
      `TRUNKLINE_TLS must be "off", "self-signed" or CERT_FILE:KEY_FILE, not "${text}"`,
    )
  }
  return { mode: 'files', cert, key }
}

function readDatabaseUrl(env: Environment, dataDir: string): string {
  const text = given(env, 'TRUNKLINE_DATABASE_URL') ?? `pglite:${dataDir}/db`
  if (text.startsWith('pglite:') && text.length > 'pglite:'.length) return text
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text
  // Never the value itself: it holds a password.
  throw new ConfigError(
    'TRUNKLINE_DATABASE_URL must begin with pglite: (a folder, or "memory") or postgres://',
  )
}

function readSecretKeys(env: Environment, production: boolean): Buffer[] | undefined {
  const text = given(env, 'TRUNKLINE_SECRET_KEY')
  if (text === undefined) {
    if (!production) return undefined
    throw new ConfigError(
      'TRUNKLINE_SECRET_KEY is required in production: base64 of 32 random bytes, e.g. from "openssl rand -base64 32"',
    )
  }
  const keys = text.split(',').map((part) => part.trim())
  if (keys.length > 2 || !keys.every((key) => /^[A-Za-z0-9+/]{43}=$/.test(key))) {
    throw new ConfigError(
      'TRUNKLINE_SECRET_KEY must be base64 of 32 bytes, or NEW,OLD while keys are rotated',
    )
  }
  return keys.map((key) => Buffer.from(key, 'base64'))
}

/** Also for `tenants create`. */
export function readTenantName(variable: string, name: string): string {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    throw new ConfigError(
      `${variable} must be 1 to 63 lower-case letters, digits and inner hyphens, not "${name}"`,
    )
  }
  return name
}

function readPattern(env: Environment, name: string, pattern: RegExp): string | undefined {
  const value = given(env, name)
  if (value === undefined || pattern.test(value)) return value
  throw new ConfigError(`${name} must match ${pattern.source}`)
}

function readWord<Word extends string>(
  env: Environment,
  name: string,
  words: readonly Word[],
  fallback: Word,
): Word {
  const value = given(env, name)
  if (value === undefined) return fallback
  const found = words.find((word) => word === value)
  if (found === undefined) {
    throw new ConfigError(`${name} must be one of ${words.join(', ')}, not "${value}"`)
  }
  return found
}

/** The inbox shows whole numbers and codes to whoever reaches the page: see product decision 12. */
function readInbox(
  env: Environment,
  production: boolean,
  host: string,
): Pick<Config, 'inbox' | 'inboxOffBecause'> {
  const asked = readWord(env, 'TRUNKLINE_INBOX', ['on', 'off'], production ? 'off' : 'on')
  const explicit = given(env, 'TRUNKLINE_INBOX') !== undefined
  if (production && asked === 'on') {
    throw new ConfigError('TRUNKLINE_INBOX cannot be "on" in production')
  }
  if (asked === 'on' && !explicit && !isLoopback(host)) {
    return {
      inbox: false,
      inboxOffBecause: `TRUNKLINE_HOST ${host} is not a loopback address; set TRUNKLINE_INBOX=on to have the inbox all the same`,
    }
  }
  return { inbox: asked === 'on', inboxOffBecause: undefined }
}

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || /^127(\.[0-9]{1,3}){3}$/.test(host)

function readHostPorts(env: Environment, name: string): string[] {
  const entries = (given(env, name) ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  for (const entry of entries) {
    if (!/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$/.test(entry)) {
      throw new ConfigError(`${name} must be a comma-separated list of host:port, not "${entry}"`)
    }
  }
  return entries
}

/** `off`, `on` (all), a number of hops, or a list of addresses and CIDR ranges. */
function readTrustProxy(env: Environment): boolean | string | number {
  const text = given(env, 'TRUNKLINE_TRUST_PROXY') ?? 'off'
  if (text === 'off') return false
  if (text === 'on') return true
  if (/^[1-9][0-9]?$/.test(text)) return Number(text)
  const named = ['loopback', 'linklocal', 'uniquelocal']
  const ok = text
    .split(',')
    .every(
      (part) => named.includes(part.trim()) || /^[0-9a-fA-F.:]+(\/[0-9]{1,3})?$/.test(part.trim()),
    )
  if (!ok) {
    throw new ConfigError(
      `TRUNKLINE_TRUST_PROXY must be off, on, a number of hops, or addresses and CIDR ranges, not "${text}"`,
    )
  }
  return text
}
