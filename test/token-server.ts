import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { createLocalJWKSet, type JWTPayload, type JWTVerifyResult, jwtVerify } from 'jose'
import { Type } from 'typebox'
import { Background } from '../src/base/background.ts'
import type { Clock } from '../src/base/clock.ts'
import { InFlight } from '../src/base/in-flight.ts'
import type { Logger } from '../src/base/logger.ts'
import { noMetrics } from '../src/base/metrics.ts'
import { parsePhoneNumber } from '../src/base/phone-number.ts'
import { randomAlphanumeric, systemRandom } from '../src/base/random.ts'
import { createSecretBox } from '../src/base/secret-box.ts'
import { Sequence } from '../src/base/sequence.ts'
import { defaultProtection } from '../src/contract/protection.ts'
import { codeHash } from '../src/domain/codes.ts'
import type { Deps } from '../src/domain/deps.ts'
import { recipientHash } from '../src/domain/recipients.ts'
import { seal } from '../src/domain/sealing.ts'
import { createSigningKeys, generateSigningKeys } from '../src/domain/signing-keys.ts'
import { type Tenant, Tenants } from '../src/domain/tenant.ts'
import { authenticationApi } from '../src/http/authentication-api/index.ts'
import { loginPages } from '../src/http/login/index.ts'
import { tenantHook } from '../src/http/tenant.ts'
import { insertClientGrant } from '../src/store/client-grants.ts'
import { insertClient } from '../src/store/clients.ts'
import { insertConnection } from '../src/store/connections.ts'
import type { Database } from '../src/store/db.ts'
import { insertResourceServer } from '../src/store/resource-servers.ts'
import type { SigningKeyRow } from '../src/store/signing-keys.ts'
import { json, sql } from '../src/store/sql.ts'

import { insertTenant } from '../src/store/tenants.ts'
import { openMigrated } from './migrated.ts'

/** What a request came to. */
export type TokenAnswer = {
  status: number
  headers: Readonly<Record<string, unknown>>
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects, and fails where it is not there
  body: any
  text: string
}

const LogRow = Type.Object({
  type: Type.String(),
  user_id: Type.Union([Type.String(), Type.Null()]),
  entry: Type.Record(Type.String(), Type.Unknown()),
})

const masterKey = randomBytes(32)
const start = 1_800_000_000_000
/** RSA keys are slow to draw; every tenant of a test process gets the same ones, sealed anew. */
let drawn: Promise<SigningKeyRow[]> | undefined
const box = createSecretBox([masterKey])

/**
 * The Authentication API alone, on a real database, with a tenant whose rows a test writes itself: for
 * settings that the Management API would not let through together, and for exact rows afterwards.
 */
export async function tokenServer(
  options: { engine?: 'pglite' | 'postgres'; settings?: object; log?: Logger } = {},
): Promise<TokenServer> {
  const db = await openMigrated(options.engine ?? 'pglite')
  const name = `token-${randomBytes(6).toString('hex')}`
  const host = `${name}.test`
  let now = start
  const clock: Clock = { now: () => now }
  const deps: Deps = {
    db,
    clock,
    random: systemRandom(),
    sequence: new Sequence(),
    background: new Background(options.log ?? quietLogger),
    deliveries: new InFlight(),
    log: options.log ?? quietLogger,
    metrics: noMetrics,
    fetch: () => Promise.reject(new Error('no network in this test')),
    tenantFetch: () => Promise.reject(new Error('no network in this test')),
    secretBox: box,
    nodeId: name,
    options: {
      production: true,
      inbox: true,
      callbacks: false,
      twilioUrl: '',
      leaseMs: 25_000,
      maxDeliveries: 10,
      legacyPhone: 'allow',
    },
    draining: new AbortController().signal,
  }
  await insertTenant(db, {
    id: name,
    url: `https://${host}`,
    host,
    hostname: host,
    settings: { ...options.settings },
    protection: { ...defaultProtection },
    sealed_hash_key: seal(deps, name, 'hash-key', name, randomBytes(32)),
    created_at: now,
  })
  drawn ??= generateSigningKeys(deps, 'drawn')
  await createSigningKeys(
    deps,
    db,
    name,
    (await drawn).map((key) => ({
      ...key,
      tenant_id: name,
      sealed_private_key: seal(
        deps,
        name,
        'signing-key',
        key.kid,
        box.open(key.sealed_private_key, `signing-key/drawn/${key.kid}`),
      ),
    })),
  )
  const tenants = new Tenants(deps)
  const app = Fastify()
  app.addHook('onRequest', tenantHook(tenants))
  await app.register(authenticationApi, { deps })
  await app.register(loginPages, { deps })
  return new TokenServer(deps, tenants, app, name, {
    advance: (ms) => {
      now += ms
    },
  })
}

/** A running server; every method that makes a row takes what differs from a plain one. */
export class TokenServer {
  readonly deps: Deps
  readonly app: FastifyInstance
  readonly name: string
  readonly host: string
  readonly issuer: string
  readonly advance: (ms: number) => void
  readonly #tenants: Tenants

  constructor(
    deps: Deps,
    tenants: Tenants,
    app: FastifyInstance,
    name: string,
    time: { advance: (ms: number) => void },
  ) {
    this.deps = deps
    this.#tenants = tenants
    this.app = app
    this.name = name
    this.host = `${name}.test`
    this.issuer = `https://${this.host}/`
    this.advance = time.advance
  }

  get db(): Database {
    return this.deps.db
  }

  async tenant(): Promise<Tenant> {
    const tenant = await this.#tenants.byId(this.name)
    if (tenant === undefined) throw new Error('the tenant is gone')
    return tenant
  }

  async addConnection(change: { name?: string; options?: object; strategy?: string } = {}) {
    const id = `con_${randomAlphanumeric(this.deps.random, 16)}`
    const name = change.name ?? 'sms'
    await insertConnection(this.db, {
      tenant_id: this.name,
      id,
      name,
      strategy: change.strategy ?? 'sms',
      sealed_options: seal(
        this.deps,
        this.name,
        'connection-options',
        id,
        JSON.stringify(change.options ?? {}),
      ),
      document: {},
      created_at: this.deps.clock.now(),
    })
    return { id, name }
  }

  /** A public client with the three grants, on the given connections. */
  async addClient(change: { document?: object; connections?: readonly { id: string }[] } = {}) {
    const clientId = randomAlphanumeric(this.deps.random, 32)
    const secret = randomAlphanumeric(this.deps.random, 64)
    const now = this.deps.clock.now()
    await insertClient(this.db, {
      tenant_id: this.name,
      client_id: clientId,
      name: 'An app',
      is_global: false,
      is_first_party: true,
      app_type: null,
      sealed_secret: seal(this.deps, this.name, 'client-secret', clientId, secret),
      document: {
        token_endpoint_auth_method: 'none',
        grant_types: [otpGrant, 'refresh_token', 'client_credentials'],
        ...change.document,
      },
      created_at: now,
      updated_at: now,
    })
    for (const { id } of change.connections ?? []) {
      await this.db.run(sql`
        insert into connection_clients (tenant_id, connection_id, client_id, position)
        values (${this.name}, ${id}, ${clientId}, 1)`)
    }
    return { clientId, secret }
  }

  async addApi(identifier: string, document: object = {}, signingSecret?: string) {
    const id = randomBytes(12).toString('hex')
    await insertResourceServer(this.db, {
      tenant_id: this.name,
      id,
      identifier,
      is_system: false,
      sealed_signing_secret:
        signingSecret === undefined
          ? null
          : seal(this.deps, this.name, 'api-signing-secret', id, signingSecret),
      document: { ...document },
      created_at: this.deps.clock.now(),
    })
    return identifier
  }

  addClientGrant(
    clientId: string,
    audience: string,
    document: object,
    subjectType: 'client' | 'user' = 'client',
  ) {
    return insertClientGrant(this.db, {
      tenant_id: this.name,
      id: `cgr_${randomAlphanumeric(this.deps.random, 16)}`,
      client_id: clientId,
      audience,
      subject_type: subjectType,
      document: { ...document },
      created_at: this.deps.clock.now(),
    })
  }

  changeSettings(settings: object) {
    return this.db.run(sql`update tenants set settings = ${json(settings)} where id = ${this.name}`)
  }

  /** A code as if a message with it had been sent. */
  async sendCode(number: string, code = '123456', connection = 'sms') {
    const tenant = await this.tenant()
    const e164 = parsePhoneNumber(number)?.e164
    if (e164 === undefined) throw new Error('not a number')
    const hash = codeHash(tenant, { connection, purpose: 'passwordless', e164 }, code)
    const expires = this.deps.clock.now() + 180_000
    await this.db.run(sql`
      insert into challenges (tenant_id, connection, purpose, recipient_hash, code_hash, expires_at,
                              message_id, client_id)
      values (${this.name}, ${connection}, 'passwordless', ${recipientHash(tenant, e164)}, ${hash},
              ${expires}, 'none', 'none')
      on conflict (tenant_id, connection, purpose, recipient_hash) do update
         set code_hash = excluded.code_hash, expires_at = excluded.expires_at, attempts = 0,
             consumed_at = null`)
    return code
  }

  async inject(
    method: 'GET' | 'POST' | 'PUT' | 'OPTIONS' | 'HEAD' | 'DELETE',
    url: string,
    body?: object | string | Buffer,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<TokenAnswer> {
    const answer = await this.app.inject({
      method,
      url,
      headers: { host: this.host, ...headers },
      ...(body !== undefined && { payload: body }),
    })
    await this.deps.background.idle()
    const isJson = String(answer.headers['content-type'] ?? '').includes('json')
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      body: isJson && answer.body !== '' ? JSON.parse(answer.body) : undefined,
    }
  }

  /** `POST /oauth/token` with a JSON body. */
  token(body: object, headers?: Readonly<Record<string, string>>): Promise<TokenAnswer> {
    return this.inject('POST', '/oauth/token', body, headers)
  }

  /** A login by code, with a code of its own. */
  async login(
    clientId: string,
    change: Readonly<Record<string, string>> = {},
  ): Promise<TokenAnswer> {
    const username = change.username ?? '+14155550137'
    const otp = await this.sendCode(username)
    return this.token({
      grant_type: otpGrant,
      client_id: clientId,
      username,
      otp,
      realm: 'sms',
      scope: 'openid profile phone offline_access',
      ...change,
    })
  }

  refresh(clientId: string, token: string, change: object = {}): Promise<TokenAnswer> {
    return this.token({
      grant_type: 'refresh_token',
      client_id: clientId,
      refresh_token: token,
      ...change,
    })
  }

  /** A token as a verifier reads it: with the served keys, and the issuer of this tenant. */
  async verify(token: string, audience: string): Promise<JWTVerifyResult<JWTPayload>> {
    const { body } = await this.inject('GET', '/.well-known/jwks.json')
    return jwtVerify(token, createLocalJWKSet(body), {
      issuer: this.issuer,
      audience,
      currentDate: new Date(this.deps.clock.now()),
    })
  }

  /** All log entries, by time. */
  logs() {
    return this.db.rows(
      LogRow,
      sql`select type, user_id, entry from tenant_logs where tenant_id = ${this.name} order by log_id`,
    )
  }
}

/** Only what should never happen reaches the output of a test. */
const quietLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error(fields, message) {
    const { err } = fields as { err?: unknown } // what every call of ours gives
    process.stderr.write(`${message}: ${err instanceof Error ? err.stack : String(err)}\n`)
  },
}

export const otpGrant = 'http://auth0.com/oauth/grant-type/passwordless/otp'
