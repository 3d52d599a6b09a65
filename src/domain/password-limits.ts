import { keyedHash } from '../base/secret-box.ts'
import { guessRefillMs } from '../store/challenges.ts'
import { refillBucket, takeFromBuckets } from '../store/limit-buckets.ts'
import { listSpentPasswordBuckets } from '../store/user-passwords.ts'
import { isOnAllowList, limitedAddress } from './allow-list.ts'
import { canonicalIdentifier } from './database-identifiers.ts'
import type { Deps } from './deps.ts'
import type { Connection, Tenant } from './tenant.ts'

/** What a password is tried at. */
export type PasswordTry = { connection: Connection; identifier: string; ip: string }

/** Stands for every address in the key of a bucket. */
const anywhere = '*'

/**
 * Counts a try before its password is compared; all processes count together. As many can be wrong as
 * the tenant's brute-force settings say, then one comes back every six minutes, as with codes.
 *
 * The identifier is counted whether anybody has it or not.
 *
 * @returns when the next try is allowed; undefined when this one is
 */
export async function countPasswordTry(
  deps: Deps,
  tenant: Tenant,
  attempt: PasswordTry,
): Promise<{ retryAfterS: number; isFirst: boolean } | undefined> {
  if (!isLimited(tenant, attempt)) return undefined
  const count = tenant.protection.brute_force.max_attempts
  const bucket = { key: keyOf(tenant, attempt), count, perS: (count * guessRefillMs) / 1000 }
  const now = deps.clock.now()
  const taken = await takeFromBuckets(deps.db, { tenantId: tenant.id, buckets: [bucket], now })
  if (taken.granted) return undefined
  const freeAt = taken.refused[0]?.freeAt ?? now
  // One entry a minute for each bucket: a flood must not fill the log.
  const notice = { key: `log:${bucket.key}`, count: 1, perS: 60 }
  const told = await takeFromBuckets(deps.db, { tenantId: tenant.id, buckets: [notice], now })
  return { retryAfterS: Math.max(1, Math.ceil((freeAt - now) / 1000)), isFirst: told.granted }
}

/** The password was right: what was wrong before is forgotten. */
export async function forgetPasswordTries(
  deps: Deps,
  tenant: Tenant,
  attempt: PasswordTry,
): Promise<void> {
  if (isLimited(tenant, attempt)) await refillBucket(deps.db, tenant.id, keyOf(tenant, attempt))
}

/** The addresses from which an identifier may not try at this moment; null stands for all of them. */
export async function passwordBlocks(
  deps: Deps,
  tenant: Tenant,
  connection: Connection,
  identifier: string,
): Promise<{ ip: string | null; key: string }[]> {
  const prefix = prefixOf(tenant, connection, identifier)
  const rows = await listSpentPasswordBuckets(deps.db, tenant.id, {
    prefix,
    budget: tenant.protection.brute_force.max_attempts,
    now: deps.clock.now(),
  })
  return rows.map(({ key }) => {
    const address = key.slice(prefix.length)
    return { key, ip: address === anywhere ? null : address }
  })
}

/** Lets an identifier try again, from every address; tells how many were blocked. */
export async function liftPasswordBlocks(
  deps: Deps,
  tenant: Tenant,
  connection: Connection,
  identifier: string,
): Promise<number> {
  const blocks = await passwordBlocks(deps, tenant, connection, identifier)
  for (const { key } of blocks) await refillBucket(deps.db, tenant.id, key)
  return blocks.length
}

/** Off for the tenant, the connection or the address. */
function isLimited(tenant: Tenant, { connection, ip }: PasswordTry): boolean {
  const { enabled, shields, allowlist } = tenant.protection.brute_force
  return (
    enabled &&
    shields.includes('block') &&
    connection.options.brute_force_protection !== false &&
    !isOnAllowList(allowlist, ip)
  )
}

function keyOf(tenant: Tenant, { connection, identifier, ip }: PasswordTry): string {
  const perAddress = tenant.protection.brute_force.mode !== 'count_per_identifier'
  return prefixOf(tenant, connection, identifier) + (perAddress ? limitedAddress(ip) : anywhere)
}

const prefixOf = (tenant: Tenant, connection: Connection, identifier: string): string => {
  const hash = keyedHash(tenant.hashKey, 'login', canonicalIdentifier(identifier))
  return `password:${connection.id}:${hash.toString('base64url')}:`
}
