import { createHmac } from 'node:crypto'
import { keyObject } from '../base/secret-box.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

/**
 * The id of a message row: 22 hex digits, 11 of the time in ms, 3 of the order within it and 8 of
 * chance. Ids sort by time, so the primary key is also the order of every list.
 */
export function newMessageId(deps: Pick<Deps, 'clock' | 'random' | 'sequence'>): string {
  const now = deps.clock.now()
  const time = now.toString(16).padStart(11, '0')
  const order = (deps.sequence.at(now) % 0x1000).toString(16).padStart(3, '0')
  return time + order + Buffer.from(deps.random.bytes(4)).toString('hex')
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
  id + createHmac('sha256', keyObject(tenant.hashKey)).update(id).digest('hex').slice(0, 2)

/** @returns the row's id, or undefined when `_id` was never given out by this tenant */
export function readChallengeId(tenant: Pick<Tenant, 'hashKey'>, wire: string): string | undefined {
  if (!/^[0-9a-f]{24}$/.test(wire)) return undefined
  const id = wire.slice(0, 22)
  return challengeId(tenant, id) === wire ? id : undefined
}
