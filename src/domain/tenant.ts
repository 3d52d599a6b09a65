import type { Protection } from '../contract/protection.ts'
import { findClient } from '../store/clients.ts'
import { listAllConnections, listConnectionIdsOfClient } from '../store/connections.ts'
import { findPhoneProviderOfTenant } from '../store/phone-providers.ts'
import { listPhoneTemplates, type PhoneTemplateRow } from '../store/phone-templates.ts'
import { findResourceServerByIdentifier } from '../store/resource-servers.ts'
import { listSigningKeys, type SigningKeyRow } from '../store/signing-keys.ts'
import {
  findFirstTenantId,
  findTenant,
  findTenantIdByHost,
  readConfigVersion,
} from '../store/tenants.ts'
import type { Deps } from './deps.ts'
import { open } from './sealing.ts'

/**
 * A tenant with its settings as they stand at one version: what every use case gets beside `deps`.
 *
 * Settings act with the next request in every process (product ruling 36), and no request reads what
 * did not change: the database raises `config_version` with each change, a request asks for that one
 * number (`readConfigVersion` shares the statement between requests) and takes the cached tenant when
 * it is the same. Clients and APIs, of which a tenant may have many, are read when first asked for.
 */
export type Tenant = {
  id: string
  /** Public origin, no trailing slash. */
  url: string
  /** `url` with a trailing slash, byte for byte in every token. */
  issuer: string
  version: number
  settings: Readonly<Record<string, unknown>>
  protection: Protection
  /** Keys the hashes of codes and numbers; survives rotation of the master key. */
  hashKey: Buffer
  /** Oldest first. */
  connections: readonly Connection[]
  phoneProvider: PhoneProvider | undefined
  phoneTemplates: readonly PhoneTemplateRow[]
  /** Newest first, with the private key opened. */
  signingKeys: readonly SigningKey[]
  createdAt: number
  /** Undefined when the tenant has no such client. */
  client(clientId: string): Promise<Client | undefined>
  /** Undefined when the tenant has no API with this identifier. */
  resourceServer(identifier: string): Promise<ResourceServer | undefined>
  /** For what other modules derive from this version of the settings and want to keep as long. */
  derived: Map<unknown, unknown>
}

export type Connection = {
  id: string
  name: string
  strategy: string
  options: Readonly<Record<string, unknown>>
  document: Readonly<Record<string, unknown>>
  createdAt: number
}

export type PhoneProvider = {
  id: string
  name: string
  disabled: boolean
  configuration: Readonly<Record<string, unknown>>
  credentials: Readonly<Record<string, unknown>>
  /** The former credentials and when they were replaced. */
  previousCredentials: Readonly<Record<string, unknown>> | undefined
  credentialsChangedAt: number
  createdAt: number
  updatedAt: number
}

export type Client = {
  clientId: string
  name: string
  isGlobal: boolean
  isFirstParty: boolean
  appType: string | undefined
  secret: string
  /** Every other member of the wire object. */
  document: Readonly<Record<string, unknown>>
  /** Ids of the connections that are enabled for it. */
  connectionIds: ReadonlySet<string>
  createdAt: number
  updatedAt: number
}

export type ResourceServer = {
  id: string
  identifier: string
  isSystem: boolean
  signingSecret: string | undefined
  document: Readonly<Record<string, unknown>>
  createdAt: number
}

export type SigningKey = Omit<SigningKeyRow, 'sealed_private_key' | 'tenant_id'> & {
  /** PKCS #8, PEM. */
  privateKeyPem: string
}

const cachedTenants = 1000

/** Finds tenants by host and keeps their settings; one for each process. */
export class Tenants {
  readonly #deps: Deps
  readonly #byId = new Map<string, Promise<Tenant>>()
  readonly #idByHost = new Map<string, string>()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /**
   * The tenant that answers on `host`: host:port first, then the host name alone. Outside production
   * an unknown host is the first tenant.
   *
   * @returns undefined for an unknown host in production
   */
  async byHost(host: string): Promise<Tenant | undefined> {
    const key = host.toLowerCase()
    const known = this.#idByHost.get(key)
    if (known !== undefined) {
      const tenant = await this.byId(known)
      if (tenant !== undefined) return tenant
      this.#idByHost.delete(key)
    }
    const found = await findTenantIdByHost(this.#deps.db, key, hostName(key))
    if (found !== undefined) {
      if (this.#idByHost.size >= cachedTenants) this.#idByHost.clear()
      this.#idByHost.set(key, found.id)
      return this.byId(found.id)
    }
    if (this.#deps.options.production) return undefined
    // Not remembered: a tenant with this very host may be made at any moment.
    const first = await findFirstTenantId(this.#deps.db)
    return first && this.byId(first.id)
  }

  /** The tenant with its settings of this moment; undefined when it does not exist. */
  async byId(id: string): Promise<Tenant | undefined> {
    const version = await readConfigVersion(this.#deps.db, id)
    if (version === undefined) {
      this.#byId.delete(id)
      return undefined
    }
    const cached = this.#byId.get(id)
    if (cached !== undefined) {
      const tenant = await cached
      // A version read a moment ago may be older than what a neighbour has loaded meanwhile.
      if (tenant.version >= version) return tenant
      const replaced = this.#byId.get(id)
      if (replaced !== undefined && replaced !== cached) {
        const newer = await replaced
        if (newer.version >= version) return newer
      }
    }
    const loading = loadTenant(this.#deps, id)
    if (this.#byId.size >= cachedTenants) this.#byId.clear()
    this.#byId.set(id, loading)
    try {
      return await loading
    } catch (error) {
      if (this.#byId.get(id) === loading) this.#byId.delete(id)
      throw error
    }
  }
}

/** `host:port` without the port; `[::1]:3000` keeps its brackets. */
export const hostName = (host: string): string => host.replace(/:[0-9]*$/, '')

/**
 * Reads the version before everything else: what is read after it is at least as new, so a tenant
 * never passes for newer than it is.
 */
async function loadTenant(deps: Deps, id: string): Promise<Tenant> {
  const row = await findTenant(deps.db, id)
  if (row === undefined) throw new Error(`tenant ${id} vanished while it was loaded`)
  const [connections, provider, templates, keys] = await Promise.all([
    listAllConnections(deps.db, id),
    findPhoneProviderOfTenant(deps.db, id),
    listPhoneTemplates(deps.db, id),
    listSigningKeys(deps.db, id),
  ])
  const clients = new Map<string, Promise<Client | undefined>>()
  const resourceServers = new Map<string, Promise<ResourceServer | undefined>>()

  return {
    id,
    url: row.url,
    issuer: `${row.url}/`,
    version: row.config_version,
    settings: row.settings,
    protection: row.protection as Protection, // written by us only, from this type
    hashKey: open(deps, id, 'hash-key', id, row.sealed_hash_key),
    connections: connections.map((connection) => ({
      id: connection.id,
      name: connection.name,
      strategy: connection.strategy,
      options: openJson(deps, id, 'connection-options', connection.id, connection.sealed_options),
      document: connection.document,
      createdAt: connection.created_at,
    })),
    phoneProvider: provider && {
      id: provider.id,
      name: provider.name,
      disabled: provider.disabled,
      configuration: provider.configuration,
      credentials: openJson(
        deps,
        id,
        'provider-credentials',
        provider.id,
        provider.sealed_credentials,
      ),
      previousCredentials:
        provider.sealed_previous_credentials === null
          ? undefined
          : openJson(
              deps,
              id,
              'provider-credentials',
              provider.id,
              provider.sealed_previous_credentials,
            ),
      credentialsChangedAt: provider.credentials_changed_at,
      createdAt: provider.created_at,
      updatedAt: provider.updated_at,
    },
    phoneTemplates: templates,
    signingKeys: keys.map(({ tenant_id: _, sealed_private_key, ...key }) => ({
      ...key,
      privateKeyPem: open(deps, id, 'signing-key', key.kid, sealed_private_key).toString(),
    })),
    createdAt: row.created_at,
    client: (clientId) => once(clients, clientId, () => loadClient(deps, id, clientId)),
    resourceServer: (identifier) =>
      once(resourceServers, identifier, () => loadResourceServer(deps, id, identifier)),
    derived: new Map(),
  }
}

async function loadClient(deps: Deps, id: string, clientId: string): Promise<Client | undefined> {
  const [row, connections] = await Promise.all([
    findClient(deps.db, id, clientId),
    listConnectionIdsOfClient(deps.db, id, clientId),
  ])
  if (row === undefined) return undefined
  return {
    clientId,
    name: row.name,
    isGlobal: row.is_global,
    isFirstParty: row.is_first_party,
    appType: row.app_type ?? undefined,
    secret: open(deps, id, 'client-secret', clientId, row.sealed_secret).toString(),
    document: row.document,
    connectionIds: new Set(connections.map((connection) => connection.connection_id)),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

async function loadResourceServer(
  deps: Deps,
  id: string,
  identifier: string,
): Promise<ResourceServer | undefined> {
  const row = await findResourceServerByIdentifier(deps.db, id, identifier)
  if (row === undefined) return undefined
  return {
    id: row.id,
    identifier,
    isSystem: row.is_system,
    signingSecret:
      row.sealed_signing_secret === null
        ? undefined
        : open(deps, id, 'api-signing-secret', row.id, row.sealed_signing_secret).toString(),
    document: row.document,
    createdAt: row.created_at,
  }
}

function openJson(
  deps: Deps,
  tenantId: string,
  kind: 'connection-options' | 'provider-credentials',
  rowId: string,
  sealed: Uint8Array,
): Record<string, unknown> {
  return JSON.parse(open(deps, tenantId, kind, rowId, sealed).toString())
}

const cachedEntries = 5000

/** One load for each key; a failed or empty one is not kept, so a stranger's ids do not pile up. */
function once<Value>(
  cache: Map<string, Promise<Value | undefined>>,
  key: string,
  load: () => Promise<Value | undefined>,
): Promise<Value | undefined> {
  const cached = cache.get(key)
  if (cached !== undefined) return cached
  if (cache.size >= cachedEntries) cache.clear()
  const loading = load().then(
    (value) => {
      if (value === undefined) cache.delete(key)
      return value
    },
    (error: unknown) => {
      cache.delete(key)
      throw error
    },
  )
  cache.set(key, loading)
  return loading
}
