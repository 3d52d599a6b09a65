import { AppError } from '../base/app-error.ts'
import { randomHex, randomToken } from '../base/random.ts'
import type { ResourceServerCreate, ResourceServerPatch } from '../contract/resource-servers.ts'
import { managementApiName, managementAudience } from '../contract/scopes.ts'
import { deleteClientGrantsFor } from '../store/client-grants.ts'
import {
  countResourceServers,
  deleteResourceServer,
  findResourceServer,
  insertResourceServer,
  listResourceServers,
  lockResourceServer,
  type ResourceServerRow,
  updateResourceServer,
} from '../store/resource-servers.ts'
import { lockTenant } from '../store/tenants.ts'
import type { Deps } from './deps.ts'
import { open, seal } from './sealing.ts'
import type { Tenant } from './tenant.ts'

type WireObject = Record<string, unknown>

const defaults = {
  allow_offline_access: false,
  skip_consent_for_verifiable_first_party_clients: false,
  subject_type_authorization: {
    user: { policy: 'allow_all' },
    client: { policy: 'require_client_grant' },
  },
  token_lifetime: 86_400,
  token_lifetime_for_web: 7200,
  signing_alg: 'RS256',
} as const

/**
 * The document of a tenant's Management API. Its name is what Auth0's deploy tool knows it by, so it
 * is never deleted or changed by an import.
 */
export const systemResourceServer = (tenantUrl: string, scopes: readonly string[]) => ({
  identifier: managementAudience(tenantUrl),
  document: {
    name: managementApiName,
    allow_offline_access: defaults.allow_offline_access,
    skip_consent_for_verifiable_first_party_clients: false,
    subject_type_authorization: defaults.subject_type_authorization,
    token_lifetime: defaults.token_lifetime,
    token_lifetime_for_web: defaults.token_lifetime_for_web,
    signing_alg: defaults.signing_alg,
    scopes: scopes.map((value) => ({ value, description: describeScope(value) })),
  },
})

/** `read:phone_providers` → `Read phone providers`. */
function describeScope(scope: string): string {
  const text = scope.replace(':', ' ').replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A page of the APIs, oldest first, and how many there are. */
export async function listApis(
  deps: Deps,
  tenant: Tenant,
  filter: { identifiers?: readonly string[] | undefined },
  page: { limit: number; offset: number },
): Promise<{ items: WireObject[]; total: number }> {
  const [rows, total] = await Promise.all([
    listResourceServers(deps.db, tenant.id, filter.identifiers, page),
    countResourceServers(deps.db, tenant.id, filter.identifiers),
  ])
  return { items: rows.map((row) => apiObject(deps, row)), total }
}

/**
 * The API with an id or an identifier.
 *
 * @throws AppError `resource_server_not_found`
 */
export async function getApi(deps: Deps, tenant: Tenant, id: string): Promise<WireObject> {
  return apiObject(deps, await findApi(deps, tenant, id))
}

/** @throws AppError `resource_server_reserved`, `resource_server_exists` */
export async function createApi(
  deps: Deps,
  tenant: Tenant,
  create: ResourceServerCreate,
): Promise<WireObject> {
  const { identifier, signing_secret, ...members } = create
  if (reservedIdentifiers(tenant.url).includes(identifier)) {
    throw new AppError('resource_server_reserved')
  }
  const id = randomHex(deps.random, 24)
  const document = { ...defaults, ...withoutNulls(members) }
  const row: ResourceServerRow = {
    tenant_id: tenant.id,
    id,
    identifier,
    is_system: false,
    sealed_signing_secret: sealSecret(
      deps,
      tenant,
      id,
      signing_secret ?? neededSecret(deps, document),
    ),
    document,
    created_at: deps.clock.now(),
  }
  if ((await insertResourceServer(deps.db, row)) === 0) throw new AppError('resource_server_exists')
  return apiObject(deps, row)
}

/** @throws AppError `resource_server_not_found`, `system_resource_server_unpatchable` */
export async function patchApi(
  deps: Deps,
  tenant: Tenant,
  idOrIdentifier: string,
  patch: ResourceServerPatch,
): Promise<WireObject> {
  const { id } = await findApi(deps, tenant, idOrIdentifier)
  return deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    const row = await lockResourceServer(tx, tenant.id, id)
    if (row === undefined) throw new AppError('resource_server_not_found')
    if (row.is_system) throw new AppError('system_resource_server_unpatchable')
    const { signing_secret, ...members } = patch
    const document = withoutNulls({ ...row.document, ...members })
    const isMissing = row.sealed_signing_secret === null
    const secret = signing_secret ?? (isMissing ? neededSecret(deps, document) : undefined)
    const changed: ResourceServerRow = {
      ...row,
      document,
      sealed_signing_secret:
        secret === undefined ? row.sealed_signing_secret : sealSecret(deps, tenant, id, secret),
    }
    await updateResourceServer(tx, changed)
    return apiObject(deps, changed)
  })
}

/**
 * Removes an API with all grants for it; one that is not there is no error.
 *
 * @throws AppError `system_resource_server_undeletable`
 */
export async function deleteApi(deps: Deps, tenant: Tenant, idOrIdentifier: string): Promise<void> {
  const row = await findResourceServer(deps.db, tenant.id, idOrIdentifier)
  if (row === undefined) return
  if (row.is_system) throw new AppError('system_resource_server_undeletable')
  await deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    await deleteClientGrantsFor(tx, tenant.id, row.identifier)
    await deleteResourceServer(tx, tenant.id, row.id)
  })
}

async function findApi(deps: Deps, tenant: Tenant, id: string): Promise<ResourceServerRow> {
  const row = await findResourceServer(deps.db, tenant.id, id)
  if (row === undefined) throw new AppError('resource_server_not_found')
  return row
}

/** What the server itself answers to. */
const reservedIdentifiers = (url: string): string[] => [
  managementAudience(url),
  `${url}/userinfo`,
  `${url}/mfa/`,
  `${url}/me/`,
]

/** A secret for an API whose tokens are signed with one. */
const neededSecret = (deps: Deps, document: WireObject): string | undefined =>
  document.signing_alg === 'HS256' ? randomToken(deps.random) : undefined

const sealSecret = (
  deps: Deps,
  tenant: Tenant,
  id: string,
  secret: string | undefined,
): Uint8Array | null =>
  secret === undefined ? null : seal(deps, tenant.id, 'api-signing-secret', id, secret)

/** The secret is told only where it signs: other algorithms have nothing to share. */
function apiObject(deps: Deps, row: ResourceServerRow): WireObject {
  const { signing_alg } = row.document
  const secret =
    signing_alg === 'HS256' && row.sealed_signing_secret !== null
      ? open(
          deps,
          row.tenant_id,
          'api-signing-secret',
          row.id,
          row.sealed_signing_secret,
        ).toString()
      : undefined
  return {
    id: row.id,
    identifier: row.identifier,
    ...(row.is_system && { is_system: true }),
    ...row.document,
    ...(secret !== undefined && { signing_secret: secret }),
  }
}

/** Null unsets a member: it is left out from then on. */
const withoutNulls = (members: WireObject): WireObject =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))
