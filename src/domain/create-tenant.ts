import { randomAlphanumeric } from '../base/random.ts'
import { passwordlessOtpGrant } from '../contract/passwordless.ts'
import { defaultProtection } from '../contract/protection.ts'
import { managementScopes } from '../contract/scopes.ts'
import { insertClientGrant } from '../store/client-grants.ts'
import { insertClient } from '../store/clients.ts'
import { enableClients } from '../store/connection-clients.ts'
import { insertConnection } from '../store/connections.ts'
import type { Db } from '../store/db.ts'
import { insertResourceServer } from '../store/resource-servers.ts'
import { findTenant, insertTenant } from '../store/tenants.ts'
import { isUniqueViolation } from '../store/unique-violation.ts'
import {
  completeRefreshToken,
  defaultClientDocument,
  newClientId,
  newClientSecret,
} from './client-defaults.ts'
import type { Deps } from './deps.ts'
import { systemResourceServer } from './resource-servers.ts'
import { seal } from './sealing.ts'
import { createSigningKeys, generateSigningKeys } from './signing-keys.ts'
import { defaultTenantSettings } from './tenant-settings.ts'

/** What a new tenant is made from. */
export type NewTenant = {
  name: string
  /** Public origin; a trailing slash is dropped. */
  url: string
  /** Drawn when absent. */
  adminClientId?: string | undefined
  adminClientSecret?: string | undefined
}

/** A tenant and the credentials of its administrator, which are told this once. */
export type CreatedTenant = { tenantId: string; clientId: string; clientSecret: string }

/**
 * Makes an empty tenant (product D10): settings, keys, the hidden global client, the Management API
 * and an administrator that has all its scopes; no connection, no application.
 *
 * @throws Error with one line when the name or the address belongs to a tenant already, or the URL
 *   is no origin
 */
export async function createTenant(deps: Deps, tenant: NewTenant): Promise<CreatedTenant> {
  return insertNewTenant(deps, tenant, async () => {})
}

/**
 * Makes the tenant of a first start: an empty one, the connection `sms` and the application `demo`
 * that may use it (product D8).
 *
 * @returns undefined when the tenant is there, also when another process made it meanwhile
 * @throws Error as `createTenant`
 */
export async function seedFirstTenant(
  deps: Deps,
  tenant: NewTenant,
): Promise<CreatedTenant | undefined> {
  if ((await findTenant(deps.db, tenant.name)) !== undefined) return undefined
  try {
    return await insertNewTenant(deps, tenant, (tx, url) => insertDemo(deps, tx, tenant.name, url))
  } catch (error) {
    if ((await findTenant(deps.db, tenant.name)) !== undefined) return undefined
    throw error
  }
}

async function insertNewTenant(
  deps: Deps,
  { name, url: address, adminClientId, adminClientSecret }: NewTenant,
  more: (tx: Db, url: string) => Promise<void>,
): Promise<CreatedTenant> {
  const { origin, host, hostname } = readOrigin(address)
  const clientId = adminClientId ?? newClientId(deps)
  const clientSecret = adminClientSecret ?? newClientSecret(deps)
  const createdAt = deps.clock.now()
  // RSA keys take a moment; other tenants wait for nothing while they are drawn.
  const keys = await generateSigningKeys(deps, name)
  try {
    await deps.db.transaction(async (tx) => {
      await insertTenant(tx, {
        id: name,
        url: origin,
        host,
        hostname,
        settings: defaultTenantSettings(name),
        protection: defaultProtection,
        sealed_hash_key: seal(deps, name, 'hash-key', name, deps.random.bytes(32)),
        created_at: createdAt,
      })
      await createSigningKeys(deps, tx, name, keys)
      await insertGlobalClient(deps, tx, name)
      await insertSystemApi(deps, tx, name, origin)
      await insertAdministrator(deps, tx, name, origin, { clientId, clientSecret })
      await more(tx, origin)
    })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new Error(`a tenant named ${name} or with the address ${origin} exists already`, {
      cause: error,
    })
  }
  return { tenantId: name, clientId, clientSecret }
}

/** @throws Error for what is no http or https origin */
function readOrigin(url: string): { origin: string; host: string; hostname: string } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const isOrigin =
    (parsed?.protocol === 'https:' || parsed?.protocol === 'http:') &&
    parsed.pathname === '/' &&
    parsed.search === '' &&
    parsed.hash === '' &&
    parsed.username === ''
  if (parsed === undefined || !isOrigin) {
    throw new Error('the URL of a tenant must be an origin, such as https://login.example.com')
  }
  return { origin: parsed.origin, host: parsed.host, hostname: parsed.hostname }
}

/** The hidden client that stands for all: tools read and write the tenant's login page through it. */
async function insertGlobalClient(deps: Deps, tx: Db, tenantId: string): Promise<void> {
  await insertTenantClient(deps, tx, tenantId, {
    clientId: newClientId(deps),
    secret: newClientSecret(deps),
    name: 'All Applications',
    isGlobal: true,
    appType: null,
    document: {
      ...defaultClientDocument({ name: 'All Applications' }),
      callbacks: [],
      grant_types: [
        'authorization_code',
        'implicit',
        'refresh_token',
        'client_credentials',
        passwordlessOtpGrant,
      ],
      custom_login_page_on: false,
    },
  })
}

async function insertSystemApi(
  deps: Deps,
  tx: Db,
  tenantId: string,
  origin: string,
): Promise<void> {
  await insertResourceServer(tx, {
    tenant_id: tenantId,
    id: Buffer.from(deps.random.bytes(12)).toString('hex'),
    ...systemResourceServer(origin, managementScopes),
    is_system: true,
    sealed_signing_secret: null,
    created_at: deps.clock.now(),
  })
}

async function insertAdministrator(
  deps: Deps,
  tx: Db,
  tenantId: string,
  origin: string,
  { clientId, clientSecret }: { clientId: string; clientSecret: string },
): Promise<void> {
  await insertTenantClient(deps, tx, tenantId, {
    clientId,
    secret: clientSecret,
    name: 'Administrator',
    isGlobal: false,
    appType: 'non_interactive',
    document: {
      ...defaultClientDocument({ name: 'Administrator' }),
      description: 'Manages this tenant through its Management API.',
      grant_types: ['client_credentials'],
    },
  })
  await insertClientGrant(tx, {
    tenant_id: tenantId,
    id: `cgr_${randomAlphanumeric(deps.random, 16)}`,
    client_id: clientId,
    audience: systemResourceServer(origin, []).identifier,
    subject_type: 'client',
    document: { scope: managementScopes },
    created_at: deps.clock.now(),
  })
}

async function insertDemo(deps: Deps, tx: Db, tenantId: string, origin: string): Promise<void> {
  await insertTenantClient(deps, tx, tenantId, {
    clientId: 'demo',
    secret: newClientSecret(deps),
    name: 'Demo',
    isGlobal: false,
    appType: 'spa',
    document: {
      ...defaultClientDocument({ name: 'Demo' }),
      description: 'Shows phone sign-in at /demo.',
      token_endpoint_auth_method: 'none',
      oidc_conformant: true,
      grant_types: [passwordlessOtpGrant, 'refresh_token', 'authorization_code'],
      callbacks: [`${origin}/demo`],
      allowed_logout_urls: [`${origin}/demo`],
      web_origins: [origin],
      allowed_origins: [origin],
      jwt_configuration: { lifetime_in_seconds: 36_000, secret_encoded: false, alg: 'RS256' },
      refresh_token: completeRefreshToken({
        rotation_type: 'rotating',
        expiration_type: 'expiring',
      }),
    },
  })
  const connectionId = `con_${randomAlphanumeric(deps.random, 16)}`
  const options = { name: 'sms', totp: { length: 6, time_step: 180 }, brute_force_protection: true }
  await insertConnection(tx, {
    tenant_id: tenantId,
    id: connectionId,
    name: 'sms',
    strategy: 'sms',
    sealed_options: seal(
      deps,
      tenantId,
      'connection-options',
      connectionId,
      JSON.stringify(options),
    ),
    document: { is_domain_connection: false, realms: ['sms'] },
    created_at: deps.clock.now(),
  })
  await enableClients(tx, tenantId, connectionId, ['demo'])
}

async function insertTenantClient(
  deps: Deps,
  tx: Db,
  tenantId: string,
  client: {
    clientId: string
    secret: string
    name: string
    isGlobal: boolean
    appType: string | null
    document: Record<string, unknown>
  },
): Promise<void> {
  const now = deps.clock.now()
  await insertClient(tx, {
    tenant_id: tenantId,
    client_id: client.clientId,
    name: client.name,
    is_global: client.isGlobal,
    is_first_party: true,
    app_type: client.appType,
    sealed_secret: seal(deps, tenantId, 'client-secret', client.clientId, client.secret),
    document: client.document,
    created_at: now,
    updated_at: now,
  })
}
