import type { Client, Connection, Tenant } from './tenant.ts'

/**
 * The connection that a caller names as `realm`, by its name or by one of its realms: one of those whose
 * people have a password or a code, and that is enabled for the client.
 */
export function realmConnection(
  tenant: Tenant,
  client: Client,
  realm: string,
): Connection | 'unknown' | 'disabled' {
  const named = tenant.connections.find(({ name }) => name === realm)
  const connection = named ?? tenant.connections.find((one) => realmsOf(one).includes(realm))
  if (connection === undefined) return 'unknown'
  return client.connectionIds.has(connection.id) ? connection : 'disabled'
}

/** Checked when the connection was written. */
const realmsOf = ({ document }: Connection) => (document.realms ?? []) as readonly string[]
