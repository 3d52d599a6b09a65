import { AppError } from '../base/app-error.ts'
import { randomAlphanumeric } from '../base/random.ts'
import type { ClientGrantCreate, ClientGrantPatch } from '../contract/client-grants.ts'
import {
  type ClientGrantFilter,
  type ClientGrantRow,
  countClientGrants,
  deleteClientGrant as deleteClientGrantRow,
  findClientGrant,
  insertClientGrant,
  listClientGrants as listClientGrantRows,
  lockClientGrant,
  updateClientGrant,
} from '../store/client-grants.ts'
import { findClient } from '../store/clients.ts'
import { findResourceServerByIdentifier } from '../store/resource-servers.ts'
import { lockTenant } from '../store/tenants.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/** A grant as the wire has it, and where it stands in the list. */
export type ClientGrantView = { object: Record<string, unknown>; createdAt: number; id: string }

/** A page of grants, oldest first; `total` is counted only when asked for. */
export async function listClientGrants(
  deps: Deps,
  tenant: Tenant,
  filter: ClientGrantFilter,
  page: {
    limit: number
    offset: number
    after?: readonly [createdAt: number, id: string]
    withTotal: boolean
  },
): Promise<{ items: ClientGrantView[]; total: number }> {
  const [rows, total] = await Promise.all([
    listClientGrantRows(deps.db, tenant.id, filter, page),
    page.withTotal ? countClientGrants(deps.db, tenant.id, filter) : 0,
  ])
  const items = rows.map((row) => ({
    object: grantObject(row),
    createdAt: row.created_at,
    id: row.id,
  }))
  return { items, total }
}

/** @throws AppError `client_grant_not_found` */
export async function getClientGrant(
  deps: Deps,
  tenant: Tenant,
  id: string,
): Promise<Record<string, unknown>> {
  const row = await findClientGrant(deps.db, tenant.id, id)
  if (row === undefined) throw new AppError('client_grant_not_found')
  return grantObject(row)
}

/**
 * Lets a client have scopes of an API.
 *
 * @throws AppError `client_grant_client_not_found`, `client_grant_audience_not_found`,
 *   `client_grant_exists`
 */
export async function createClientGrant(
  deps: Deps,
  tenant: Tenant,
  create: ClientGrantCreate,
): Promise<Record<string, unknown>> {
  const { client_id, audience, subject_type = 'client', ...members } = create
  const row: ClientGrantRow = {
    tenant_id: tenant.id,
    id: `cgr_${randomAlphanumeric(deps.random, 16)}`,
    client_id,
    audience,
    subject_type,
    document: grantDocument(members),
    created_at: deps.clock.now(),
  }
  await deps.db.transaction(async (tx) => {
    // Nobody deletes the client or the API meanwhile.
    await lockTenant(tx, tenant.id)
    if ((await findClient(tx, tenant.id, client_id)) === undefined) {
      throw new AppError('client_grant_client_not_found')
    }
    if ((await findResourceServerByIdentifier(tx, tenant.id, audience)) === undefined) {
      throw new AppError('client_grant_audience_not_found')
    }
    if ((await insertClientGrant(tx, row)) === 0) throw new AppError('client_grant_exists')
  })
  return grantObject(row)
}

/** @throws AppError `client_grant_not_found` */
export async function patchClientGrant(
  deps: Deps,
  tenant: Tenant,
  id: string,
  patch: ClientGrantPatch,
): Promise<Record<string, unknown>> {
  return deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    const before = await lockClientGrant(tx, tenant.id, id)
    if (before === undefined) throw new AppError('client_grant_not_found')
    const row = { ...before, document: grantDocument({ ...before.document, ...patch }) }
    await updateClientGrant(tx, row)
    return grantObject(row)
  })
}

/** Takes a grant away; one that is not there is no error. */
export async function deleteClientGrant(deps: Deps, tenant: Tenant, id: string): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    await deleteClientGrantRow(tx, tenant.id, id)
  })
}

/** Null unsets a member; `scope` is always there. */
function grantDocument(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const set = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))
  return { ...set, scope: set.scope ?? [] }
}

const grantObject = (row: ClientGrantRow): Record<string, unknown> => ({
  id: row.id,
  client_id: row.client_id,
  audience: row.audience,
  ...row.document,
  subject_type: row.subject_type,
})
