import { AppError } from '../base/app-error.ts'
import type { EnabledClientsPatch } from '../contract/connections.ts'
import { listExistingClientIds } from '../store/clients.ts'
import {
  disableClients,
  enableClients,
  listEnabledClientsPage,
} from '../store/connection-clients.ts'
import { lockConnection } from '../store/connections.ts'
import { lockTenant } from '../store/tenants.ts'
import {
  type ConnectionPageWindow,
  type ConnectionView,
  connectionOf,
  pageOf,
  viewsOf,
} from './connections.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/**
 * The clients that may use a connection, in the order in which they were named.
 *
 * @throws AppError `connection_not_found`
 */
export async function clientsOfConnection(
  deps: Deps,
  tenant: Tenant,
  connectionId: string,
  page: { limit: number; after?: readonly [position: number, clientId: string] },
): Promise<{ clientId: string; position: number }[]> {
  const { id } = connectionOf(tenant, connectionId)
  const rows = await listEnabledClientsPage(deps.db, tenant.id, id, page)
  return rows.map((row) => ({ clientId: row.client_id, position: row.position }))
}

/**
 * Turns a connection on and off for clients. Clients that are on keep their place.
 *
 * @throws AppError `connection_not_found`, `client_not_found`
 */
export async function patchClientsOfConnection(
  deps: Deps,
  tenant: Tenant,
  connectionId: string,
  patch: EnabledClientsPatch,
): Promise<void> {
  // Named twice, the last word counts.
  const wanted = new Map(patch.map(({ client_id, status }) => [client_id, status]))
  const clientIds = [...wanted.keys()]
  await deps.db.transaction(async (tx) => {
    await lockTenant(tx, tenant.id)
    if ((await lockConnection(tx, tenant.id, connectionId)) === undefined) {
      throw new AppError('connection_not_found')
    }
    const existing = await listExistingClientIds(tx, tenant.id, clientIds)
    if (existing.length < clientIds.length) throw new AppError('client_not_found')
    const on = clientIds.filter((id) => wanted.get(id) === true)
    const off = clientIds.filter((id) => wanted.get(id) === false)
    if (off.length > 0) await disableClients(tx, tenant.id, connectionId, off)
    if (on.length > 0) await enableClients(tx, tenant.id, connectionId, on)
  })
}

/**
 * The connections that a client may use, oldest first.
 *
 * @throws AppError `client_not_found`
 */
export async function connectionsOfClient(
  deps: Deps,
  tenant: Tenant,
  clientId: string,
  strategies: readonly string[] | undefined,
  page: ConnectionPageWindow,
): Promise<ConnectionView[]> {
  const client = await tenant.client(clientId)
  if (client === undefined) throw new AppError('client_not_found')
  const enabled = tenant.connections.filter(
    ({ id, strategy }) =>
      client.connectionIds.has(id) && (strategies === undefined || strategies.includes(strategy)),
  )
  return viewsOf(deps, tenant, pageOf(enabled, page))
}
