import { AppError } from '../base/app-error.ts'
import { randomAlphanumeric } from '../base/random.ts'
import type {
  ConnectionCreate,
  ConnectionOptions,
  ConnectionPatch,
} from '../contract/connections.ts'
import { listExistingClientIds } from '../store/clients.ts'
import {
  disableAllClients,
  enableClients,
  listEnabledClients,
} from '../store/connection-clients.ts'
import { findConnectionDeletion, insertConnectionDeletion } from '../store/connection-deletions.ts'
import {
  type ConnectionRow,
  deleteConnection as deleteConnectionRow,
  insertConnection,
  listAllConnections,
  lockConnection,
  updateConnection,
} from '../store/connections.ts'
import type { Db } from '../store/db.ts'
import { lockTenant } from '../store/tenants.ts'
import { removeUsersOfConnection } from './connection-deletions.ts'
import { checkDatabaseOptions, newDatabaseOptions } from './database-options.ts'
import type { Deps } from './deps.ts'
import { open, seal } from './sealing.ts'
import type { Connection, Tenant } from './tenant.ts'

/** A connection as the wire has it, and where it stands in the list. */
export type ConnectionView = { object: Record<string, unknown>; createdAt: number; id: string }

export type ConnectionFilter = {
  strategies?: readonly string[] | undefined
  name?: string | undefined
}

/** A page of connections, oldest first. A tenant has few, and its settings hold them all. */
export async function listConnections(
  deps: Deps,
  tenant: Tenant,
  filter: ConnectionFilter,
  page: ConnectionPageWindow,
): Promise<{ items: ConnectionView[]; total: number }> {
  const matching = tenant.connections.filter(
    ({ name, strategy }) =>
      (filter.name === undefined || name === filter.name) &&
      (filter.strategies === undefined || filter.strategies.includes(strategy)),
  )
  const shown = pageOf(matching, page)
  return { items: await viewsOf(deps, tenant, shown), total: matching.length }
}

export type ConnectionPageWindow = {
  limit: number
  offset: number
  after?: readonly [createdAt: number, id: string]
}

/** The part of a list that is in the order of time and id. */
export function pageOf(
  connections: readonly Connection[],
  { limit, offset, after }: ConnectionPageWindow,
): readonly Connection[] {
  if (after === undefined) return connections.slice(offset, offset + limit)
  const [createdAt, id] = after
  const place = connections.findIndex((connection) => connection.id === id)
  // The row of the cursor may be gone; what is younger still follows it.
  const rest =
    place === -1
      ? connections.filter((connection) => connection.createdAt > createdAt)
      : connections.slice(place + 1)
  return rest.slice(0, limit)
}

/** The wire objects of connections, with their clients from one statement. */
export async function viewsOf(
  deps: Deps,
  tenant: Tenant,
  connections: readonly Connection[],
): Promise<ConnectionView[]> {
  if (connections.length === 0) return []
  const enabled = await listEnabledClients(
    deps.db,
    tenant.id,
    connections.map(({ id }) => id),
  )
  const clients = Map.groupBy(enabled, ({ connection_id }) => connection_id)
  return connections.map((connection) => ({
    object: wireObject(
      connection,
      (clients.get(connection.id) ?? []).map(({ client_id }) => client_id),
    ),
    createdAt: connection.createdAt,
    id: connection.id,
  }))
}

/** @throws AppError `connection_not_found` */
export async function getConnection(
  deps: Deps,
  tenant: Tenant,
  id: string,
): Promise<Record<string, unknown>> {
  const [view] = await viewsOf(deps, tenant, [connectionOf(tenant, id)])
  if (view === undefined) throw new AppError('connection_not_found')
  return view.object
}

/** @throws AppError `connection_not_found` */
export function connectionOf(tenant: Tenant, id: string): Connection {
  const connection = tenant.connections.find((candidate) => candidate.id === id)
  if (connection === undefined) throw new AppError('connection_not_found')
  return connection
}

/**
 * Makes a connection. It may lack a phone provider: whoever imports a tenant writes connections first.
 *
 * @throws AppError `connection_name_taken`, `invalid_body` for unknown clients
 */
export async function createConnection(
  deps: Deps,
  tenant: Tenant,
  create: ConnectionCreate,
): Promise<Record<string, unknown>> {
  const { name, strategy, options = {}, enabled_clients = [], ...members } = create
  const id = `con_${randomAlphanumeric(deps.random, 16)}`
  const stored = normalizeOptions(
    strategy,
    strategy === 'auth0' ? newDatabaseOptions(options) : options,
  )
  const row: ConnectionRow = {
    tenant_id: tenant.id,
    id,
    name,
    strategy,
    sealed_options: sealOptions(deps, tenant, id, stored),
    document: {
      is_domain_connection: false,
      ...members,
      realms: members.realms ?? [name],
    },
    created_at: deps.clock.now(),
  }
  return deps.db.transaction(async (tx) => {
    // Writers of connections go one after the other: names and realms are compared with all others.
    await lockTenant(tx, tenant.id)
    await assertNameIsFree(deps, tx, tenant, name)
    await assertRealmsAreFree(tx, tenant, row)
    await insertConnection(tx, row)
    const clients = await replaceEnabledClients(tx, tenant, id, enabled_clients)
    return wireObject({ ...row, options: stored }, clients)
  })
}

/**
 * Changes a connection; `options` is replaced as a whole, and so wiped where it is sent empty.
 *
 * @throws AppError `connection_not_found`, `connection_name_taken`, `invalid_body`
 */
export async function patchConnection(
  deps: Deps,
  tenant: Tenant,
  id: string,
  patch: ConnectionPatch,
): Promise<Record<string, unknown>> {
  const { options, enabled_clients, ...members } = patch
  return deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    const before = await lockConnection(tx, tenant.id, id)
    if (before === undefined) throw new AppError('connection_not_found')
    const former = openOptions(deps, tenant, before)
    const stored =
      options === undefined ? former : normalizeOptions(before.strategy, options, former)
    const row: ConnectionRow = {
      ...before,
      sealed_options:
        options === undefined ? before.sealed_options : sealOptions(deps, tenant, id, stored),
      document: {
        ...before.document,
        // A display name that a change leaves out falls back to the name. Source: management-api 6.1.
        ...(before.document.display_name !== undefined && { display_name: before.name }),
        ...members,
      },
    }
    if (members.realms !== undefined) await assertRealmsAreFree(tx, tenant, row)
    await updateConnection(tx, row)
    const clients =
      enabled_clients === undefined
        ? (await listEnabledClients(tx, tenant.id, [id])).map(({ client_id }) => client_id)
        : await replaceEnabledClients(tx, tenant, id, enabled_clients ?? [])
    return wireObject({ ...row, options: stored }, clients)
  })
}

/**
 * Removes a connection at once and its users afterwards, in batches; until then its name is reserved.
 *
 * @returns when it was removed; undefined when there was none
 */
export async function deleteConnection(
  deps: Deps,
  tenant: Tenant,
  id: string,
): Promise<number | undefined> {
  const deletedAt = deps.clock.now()
  const name = await deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    const row = await lockConnection(tx, tenant.id, id)
    if (row === undefined) return undefined
    await insertConnectionDeletion(tx, {
      tenant_id: tenant.id,
      name: row.name,
      deleted_at: deletedAt,
    })
    await deleteConnectionRow(tx, tenant.id, id)
    return row.name
  })
  if (name === undefined) return undefined
  deps.background.run('remove users of a connection', () =>
    removeUsersOfConnection(deps, tenant.id, name),
  )
  return deletedAt
}

async function assertNameIsFree(deps: Deps, tx: Db, tenant: Tenant, name: string): Promise<void> {
  const connections = await listAllConnections(tx, tenant.id)
  if (connections.some((other) => other.name === name)) throw new AppError('connection_name_taken')
  if ((await findConnectionDeletion(tx, tenant.id, name)) === undefined) return
  // The node that removes the users may have died; this one goes on with it.
  deps.background.run('remove users of a connection', () =>
    removeUsersOfConnection(deps, tenant.id, name),
  )
  throw new AppError('connection_name_taken', {
    message: 'A connection with the same name is being deleted, try again later',
  })
}

async function assertRealmsAreFree(tx: Db, tenant: Tenant, row: ConnectionRow): Promise<void> {
  const realmsOf = ({ document }: ConnectionRow) => document.realms as readonly string[] // checked when written
  const wanted = new Set(realmsOf(row))
  const others = await listAllConnections(tx, tenant.id)
  const taken = others.some(
    (other) => other.id !== row.id && realmsOf(other).some((realm) => wanted.has(realm)),
  )
  if (!taken) return
  throw new AppError('connection_name_taken', {
    message: 'There is already another connection with some realms from "realms" parameter',
  })
}

/** @throws AppError `invalid_body` when one of them is no client of the tenant */
async function replaceEnabledClients(
  tx: Db,
  tenant: Tenant,
  connectionId: string,
  clientIds: readonly string[],
): Promise<string[]> {
  const wanted = [...new Set(clientIds)]
  const existing = await listExistingClientIds(tx, tenant.id, wanted)
  if (existing.length < wanted.length) {
    throw new AppError('invalid_body', { message: 'The client does not exist' })
  }
  await disableAllClients(tx, tenant.id, connectionId)
  await enableClients(tx, tenant.id, connectionId, wanted)
  return wanted
}

/**
 * Options as they are stored: `"unified"` is another word for true.
 *
 * @throws AppError `invalid_body` for options that exclude each other
 */
function normalizeOptions(
  strategy: string,
  options: ConnectionOptions,
  before?: ConnectionOptions,
): Record<string, unknown> {
  if (strategy === 'auth0') checkDatabaseOptions(options, before)
  return options.use_phone_provider === 'unified'
    ? { ...options, use_phone_provider: true }
    : options
}

const sealOptions = (
  deps: Deps,
  tenant: Tenant,
  id: string,
  options: Readonly<Record<string, unknown>>,
): Buffer => seal(deps, tenant.id, 'connection-options', id, JSON.stringify(options))

const openOptions = (deps: Deps, tenant: Tenant, row: ConnectionRow): Record<string, unknown> =>
  JSON.parse(open(deps, tenant.id, 'connection-options', row.id, row.sealed_options).toString())

const wireObject = (
  {
    id,
    options,
    strategy,
    name,
    document,
  }: Pick<Connection, 'id' | 'options' | 'strategy' | 'name' | 'document'>,
  enabledClients: readonly string[],
): Record<string, unknown> => ({
  id,
  options,
  strategy,
  name,
  ...document,
  enabled_clients: enabledClients,
})
