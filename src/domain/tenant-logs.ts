import { maskPhoneNumber } from '../base/phone-number.ts'
import type { LogType } from '../contract/log-types.ts'
import { insertTenantLog, type TenantLogRow } from '../store/tenant-logs.ts'
import type { Deps } from './deps.ts'
import type { Client, Connection } from './tenant.ts'

/** What a use case says of a step. Numbers in it are masked by the caller, codes never appear. */
export type LogEntry = {
  type: LogType
  description?: string
  connection?: string
  connection_id?: string
  client_id?: string
  client_name?: string
  ip?: string
  user_agent?: string
  hostname?: string
  user_id?: string
  user_name?: string
  audience?: string
  scope?: string
  strategy?: string
  strategy_type?: string
  details?: Readonly<Record<string, unknown>>
  correlation_id?: string
}

/** What every entry about a request of a person over a connection says. */
export const requestLog = (request: {
  client: Client
  connection: Connection
  ip: string
  userAgent: string
}) => ({
  client_id: request.client.clientId,
  client_name: request.client.name,
  connection: request.connection.name,
  connection_id: request.connection.id,
  ip: request.ip,
  user_agent: request.userAgent,
})

/** Writes one entry. Entries written at the same moment share a statement. */
export const writeTenantLog = (
  deps: Deps,
  tenant: { id: string },
  entry: LogEntry,
): Promise<void> => insertTenantLog(deps.db, tenantLogRow(deps, tenant, entry))

/**
 * The row of an entry, for statements that write the log together with what it tells of.
 *
 * `log_id` is 56 decimal digits that rise with time: 90020, the time in ms, a number within the
 * millisecond, then chance.
 */
export function tenantLogRow(deps: Deps, tenant: { id: string }, entry: LogEntry): TenantLogRow {
  const date = deps.clock.now()
  const { type, correlation_id, ...members } = entry
  const logId = newLogId(deps, date)
  return {
    tenant_id: tenant.id,
    log_id: logId,
    type,
    date,
    client_id: entry.client_id ?? null,
    user_id: entry.user_id ?? null,
    entry: {
      _id: logId,
      log_id: logId,
      date: new Date(date).toISOString(),
      type,
      description: '',
      ...members,
      tenant_name: tenant.id,
      environment_name: 'default',
      ...(correlation_id !== undefined && { references: { correlation_id } }),
    },
  }
}

/** 5 + 14 + 6 + 31 digits: as many as Auth0's. */
function newLogId(deps: Deps, date: number): string {
  const order = String(deps.sequence.at(date) % 1_000_000).padStart(6, '0')
  const chance = BigInt(`0x${Buffer.from(deps.random.bytes(13)).toString('hex')}`)
  return `90020${String(date).padStart(14, '0')}${order}${String(chance).padStart(31, '0').slice(-31)}`
}

/** How a number stands in a log (product ruling 10). */
export const loggedNumber = maskPhoneNumber
