import { AppError } from '../base/app-error.ts'
import type { ClientCreate, ClientPatch } from '../contract/clients.ts'
import {
  type ClientFilter,
  type ClientRow,
  countClients,
  deleteClient as deleteClientRow,
  findClient,
  insertClient,
  listClients as listClientRows,
  lockClient,
  updateClient,
} from '../store/clients.ts'
import { enableOnAllConnections } from '../store/connection-clients.ts'
import { lockTenant } from '../store/tenants.ts'
import {
  completeJwtConfiguration,
  completeRefreshToken,
  defaultClientDocument,
  newClientId,
  newClientSecret,
} from './client-defaults.ts'
import type { Deps } from './deps.ts'
import { open, seal } from './sealing.ts'
import { signingCertificate } from './signing-certificate.ts'
import type { Tenant } from './tenant.ts'
import { tenantFlag } from './tenant-settings.ts'

/** A client as the wire has it, and where it stands in the list. */
export type ClientView = { object: Record<string, unknown>; createdAt: number; id: string }

/** What the caller may see of a client. */
export type ClientVisibility = {
  /** `client_secret`, `signing_keys` and `encryption_key`. */
  keys: boolean
  /** Only the members that an overview needs. */
  summary: boolean
}

export type ClientPage = {
  limit: number
  offset: number
  after?: readonly [createdAt: number, id: string]
}

/** A page of clients, oldest first; `total` is counted only when asked for. */
export async function listClients(
  deps: Deps,
  tenant: Tenant,
  filter: ClientFilter,
  page: ClientPage & { withTotal: boolean },
  visible: ClientVisibility,
): Promise<{ items: ClientView[]; total: number }> {
  const [rows, total] = await Promise.all([
    listClientRows(deps.db, tenant.id, filter, page),
    page.withTotal ? countClients(deps.db, tenant.id, filter) : 0,
  ])
  const items = rows.map((row) => ({
    object: readObject(deps, tenant, row, visible),
    createdAt: row.created_at,
    id: row.client_id,
  }))
  return { items, total }
}

/** @throws AppError `client_not_found` */
export async function getClient(
  deps: Deps,
  tenant: Tenant,
  clientId: string,
  visible: ClientVisibility,
): Promise<Record<string, unknown>> {
  const row = await findClient(deps.db, tenant.id, clientId)
  if (row === undefined) throw new AppError('client_not_found')
  return readObject(deps, tenant, row, visible)
}

/** Makes a client, enabled for every connection unless the tenant's flag says otherwise. */
export async function createClient(
  deps: Deps,
  tenant: Tenant,
  create: ClientCreate,
  visible: ClientVisibility,
): Promise<Record<string, unknown>> {
  const { name, app_type, is_first_party = true, ...members } = create
  const clientId = newClientId(deps)
  const now = deps.clock.now()
  const row: ClientRow = {
    tenant_id: tenant.id,
    client_id: clientId,
    name,
    is_global: false,
    is_first_party,
    app_type: app_type ?? null,
    sealed_secret: seal(deps, tenant.id, 'client-secret', clientId, newClientSecret(deps)),
    document: mergeDocument(defaultClientDocument(create), members),
    created_at: now,
    updated_at: now,
  }
  await deps.db.transaction(async (tx) => {
    await insertClient(tx, row)
    if (tenantFlag(tenant, 'enable_client_connections')) {
      await enableOnAllConnections(tx, tenant.id, clientId)
    }
  })
  return writtenObject(deps, tenant, row, visible)
}

/**
 * Changes a client: arrays and objects are replaced, `client_metadata` is merged, null unsets.
 *
 * @throws AppError `client_not_found`
 */
export async function patchClient(
  deps: Deps,
  tenant: Tenant,
  clientId: string,
  patch: ClientPatch,
  visible: ClientVisibility,
): Promise<Record<string, unknown>> {
  const { name, app_type, is_first_party, client_secret, ...members } = patch
  const row = await changeClient(deps, tenant, clientId, (before) => ({
    ...before,
    name: name ?? before.name,
    is_first_party: is_first_party ?? before.is_first_party,
    app_type: app_type === undefined ? before.app_type : app_type,
    sealed_secret:
      client_secret === undefined
        ? before.sealed_secret
        : seal(deps, tenant.id, 'client-secret', clientId, client_secret),
    document: mergeDocument(before.document, members),
  }))
  return writtenObject(deps, tenant, row, visible)
}

/**
 * Gives a client a new secret; the former one is worth nothing from then on.
 *
 * @throws AppError `client_not_found`
 */
export async function rotateClientSecret(
  deps: Deps,
  tenant: Tenant,
  clientId: string,
): Promise<Record<string, unknown>> {
  const row = await changeClient(deps, tenant, clientId, (before) => ({
    ...before,
    sealed_secret: seal(deps, tenant.id, 'client-secret', clientId, newClientSecret(deps)),
  }))
  return writtenObject(deps, tenant, row, { keys: true, summary: false })
}

/**
 * Removes a client with its grants; one that is not there is no error.
 *
 * @throws AppError `global_client_undeletable`
 */
export async function deleteClient(deps: Deps, tenant: Tenant, clientId: string): Promise<void> {
  const deleted = await deps.db.transaction(async (tx) => {
    // Writers of settings lock the tenant first: each ends in its row, and another order is a deadlock.
    await lockTenant(tx, tenant.id)
    return deleteClientRow(tx, tenant.id, clientId)
  })
  if (deleted > 0) return
  const left = await findClient(deps.db, tenant.id, clientId)
  if (left?.is_global) throw new AppError('global_client_undeletable')
}

async function changeClient(
  deps: Deps,
  tenant: Tenant,
  clientId: string,
  change: (before: ClientRow) => ClientRow,
): Promise<ClientRow> {
  return deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    const before = await lockClient(tx, tenant.id, clientId)
    if (before === undefined) throw new AppError('client_not_found')
    const row = { ...change(before), updated_at: deps.clock.now() }
    await updateClient(tx, row)
    return row
  })
}

/** Lays what was sent over what is there. */
function mergeDocument(
  before: Readonly<Record<string, unknown>>,
  sent: Omit<ClientPatch, 'name' | 'app_type' | 'is_first_party' | 'client_secret'>,
): Record<string, unknown> {
  const { client_metadata, jwt_configuration, refresh_token, ...members } = sent
  const merged: Record<string, unknown> = { ...before, ...members }
  if (jwt_configuration !== undefined) {
    merged.jwt_configuration = jwt_configuration && completeJwtConfiguration(jwt_configuration)
  }
  if (refresh_token !== undefined) {
    merged.refresh_token = refresh_token && completeRefreshToken(refresh_token)
  }
  if (client_metadata !== undefined) {
    merged.client_metadata =
      client_metadata && mergeMetadata(before.client_metadata, client_metadata)
  }
  return withoutNulls(merged)
}

/** The most pairs that a client may carry. */
const mostMetadata = 10

function mergeMetadata(before: unknown, sent: Readonly<Record<string, string | null>>) {
  const merged = withoutNulls({ ...Object(before), ...sent })
  if (Object.keys(merged).length > mostMetadata) {
    throw new AppError('invalid_body', {
      message: `Payload validation error: 'Too many properties defined (${Object.keys(merged).length}), maximum ${mostMetadata}' on property client_metadata.`,
    })
  }
  return merged
}

const withoutNulls = (members: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))

/** The members of a written client, in the order of the recorded replies. */
function writtenObject(
  deps: Deps,
  tenant: Tenant,
  row: ClientRow,
  visible: ClientVisibility,
): Record<string, unknown> {
  const { encryption_key, ...document } = row.document
  const certificate = signingCertificate(tenant)
  return {
    name: row.name,
    client_id: row.client_id,
    ...(visible.keys && {
      client_secret: open(
        deps,
        tenant.id,
        'client-secret',
        row.client_id,
        row.sealed_secret,
      ).toString(),
      signing_keys: certificate === undefined ? [] : [certificate],
      ...(encryption_key !== undefined && { encryption_key }),
    }),
    is_first_party: row.is_first_party,
    ...(row.app_type !== null && { app_type: row.app_type }),
    ...document,
  }
}

const summaryMembers = [
  'client_id',
  'tenant',
  'name',
  'app_type',
  'logo_uri',
  'is_first_party',
  'description',
  'global',
]

/** Lists and single reads say a little more than writes do. */
function readObject(
  deps: Deps,
  tenant: Tenant,
  row: ClientRow,
  visible: ClientVisibility,
): Record<string, unknown> {
  const object: Record<string, unknown> = {
    tenant: tenant.id,
    global: row.is_global,
    ...writtenObject(deps, tenant, row, visible),
    callback_url_template: false,
    cross_origin_auth: row.document.cross_origin_authentication === true,
  }
  if (!visible.summary) return object
  return Object.fromEntries(
    summaryMembers.filter((member) => member in object).map((member) => [member, object[member]]),
  )
}
