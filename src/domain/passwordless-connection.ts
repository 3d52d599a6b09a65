import type { Client, Connection, Tenant } from './tenant.ts'

/**
 * The connection that a caller names at `/passwordless/start` or as `realm`: one of strategy `sms`
 * that is enabled for the client. `sms`, where no connection has that name, is the client's oldest
 * enabled connection of the strategy (product D7).
 */
export function passwordlessConnection(
  tenant: Tenant,
  client: Client,
  name: string,
): Connection | 'unknown' | 'disabled' | 'not_passwordless' {
  const named = tenant.connections.find((connection) => connection.name === name)
  if (named !== undefined) {
    if (named.strategy !== 'sms') return 'not_passwordless'
    return client.connectionIds.has(named.id) ? named : 'disabled'
  }
  if (name !== 'sms') return 'unknown'
  const ofStrategy = tenant.connections.filter(({ strategy }) => strategy === 'sms')
  const enabled = ofStrategy.find(({ id }) => client.connectionIds.has(id))
  return enabled ?? (ofStrategy.length > 0 ? 'disabled' : 'unknown')
}

/** `options.totp` with its defaults: digits of a code, and its life in seconds. */
export function codeRules(connection: Connection): { length: number; lifetimeS: number } {
  const totp = connection.options.totp as { length?: number; time_step?: number } | undefined
  return { length: totp?.length ?? 6, lifetimeS: totp?.time_step ?? 180 }
}

/** Whether an unknown number may become a user of this connection. */
export const allowsSignup = (connection: Connection): boolean =>
  connection.options.disable_signup !== true
