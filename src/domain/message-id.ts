import { createHmac } from 'node:crypto'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/**
 * The id of a message row: 22 hex digits, 11 of the time in ms and 11 of chance, so ids sort by time
 * and the primary key is also the order of every list.
 */
export function newMessageId(deps: Pick<Deps, 'clock' | 'random'>): string {
  const time = deps.clock.now().toString(16).padStart(11, '0')
  return time + Buffer.from(deps.random.bytes(6)).toString('hex').slice(0, 11)
}

/** The id on the wire of the Management API. */
export const wireMessageId = (id: string): string => `ntf_${id}`

/** @returns undefined for what is no message id */
export const readWireMessageId = (wire: string): string | undefined =>
  /^ntf_([0-9a-f]{22})$/.exec(wire)?.[1]

/**
 * The `_id` of `/passwordless/start`: the row's id and two digits that only this tenant can make, so
 * who learns a message's id elsewhere (a callback address, an export) does not hold the person's.
 */
export const challengeId = (tenant: Pick<Tenant, 'hashKey'>, id: string): string =>
  id + createHmac('sha256', tenant.hashKey).update(id).digest('hex').slice(0, 2)

/** @returns the row's id, or undefined when `_id` was never given out by this tenant */
export function readChallengeId(
  tenant: Pick<Tenant, 'hashKey'>,
  wire: string,
): string | undefined {
  if (!/^[0-9a-f]{24}$/.test(wire)) return undefined
  const id = wire.slice(0, 22)
  return challengeId(tenant, id) === wire ? id : undefined
}
