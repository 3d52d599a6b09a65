import { keyedHash } from '../base/secret-box.ts'
import { guessRefillMs } from '../store/challenges.ts'
import {
  type Bucket,
  refillBucket,
  returnToBuckets,
  takeFromBuckets,
} from '../store/limit-buckets.ts'
import { listSpentPasswordBuckets } from '../store/user-passwords.ts'
import { isOnAllowList, limitedAddress } from './allow-list.ts'
import { canonicalIdentifier } from './database-identifiers.ts'
import type { Deps } from './deps.ts'
import type { Connection, Tenant } from './tenant.ts'

/** What a password is tried at. */
export type PasswordTry = { connection: Connection; identifier: string; ip: string }

const identifierPrefix = 'password:'

/** Stands for every address in the key of a bucket. */
const anywhere = '*'

/** Why a try is refused before its password is compared. */
export type PasswordRefusal = {
  /** What has had too many wrong ones. */
  of: 'identifier' | 'address'
  retryAfterS: number
  /** Nothing was said of it in the last minute. */
  isFirst: boolean
}

/**
 * Counts a try before its password is compared; all processes count together. An identifier may have as
 * many wrong ones as the tenant's brute-force settings say, then one comes back every six minutes, as with
 * codes; an address, over all identifiers, as many as the settings for suspicious addresses say.
 *
 * The identifier is counted whether anybody has it or not.
 *
 * @returns undefined when the try is allowed
 */
export async function countPasswordTry(
  deps: Deps,
  tenant: Tenant,
  attempt: PasswordTry,
): Promise<PasswordRefusal | undefined> {
  const buckets = [...identifierBuckets(tenant, attempt), ...addressBuckets(tenant, attempt.ip)]
  if (buckets.length === 0) return undefined
  const now = deps.clock.now()
  const taken = await takeFromBuckets(deps.db, { tenantId: tenant.id, buckets, now })
  if (taken.granted) return undefined
  const [refused] = [...taken.refused].sort((one, other) => other.freeAt - one.freeAt)
  if (refused === undefined) throw new Error('a refusal without a refused bucket')
  // One entry a minute for each bucket: a flood must not fill the log.
  const notice = { key: `log:${refused.key}`, count: 1, perS: 60 }
  const told = await takeFromBuckets(deps.db, { tenantId: tenant.id, buckets: [notice], now })
  return {
    of: refused.key.startsWith(identifierPrefix) ? 'identifier' : 'address',
    retryAfterS: Math.max(1, Math.ceil((refused.freeAt - now) / 1000)),
    isFirst: told.granted,
  }
}

/** The password was right: what was wrong for the identifier is forgotten, and this try for the address. */
export async function forgetPasswordTries(
  deps: Deps,
  tenant: Tenant,
  attempt: PasswordTry,
): Promise<void> {
  for (const { key } of identifierBuckets(tenant, attempt)) {
    await refillBucket(deps.db, tenant.id, key)
  }
  await returnToBuckets(deps.db, tenant.id, addressBuckets(tenant, attempt.ip))
}

/** What an address may try with passwords of all identifiers; none where nothing limits it. */
export function addressBuckets(tenant: Tenant, ip: string): Bucket[] {
  const { enabled, shields, allowlist, stage } = tenant.protection.suspicious_ip
  if (!enabled || !shields.includes('block') || isOnAllowList(allowlist, ip)) return []
  const { max_attempts: count, rate } = stage['pre-login']
  return [{ key: `login-address:${limitedAddress(ip)}`, count, perS: (count * rate) / 1000 }]
}

function identifierBuckets(tenant: Tenant, attempt: PasswordTry): Bucket[] {
  if (!isLimited(tenant, attempt)) return []
  const count = tenant.protection.brute_force.max_attempts
  return [{ key: keyOf(tenant, attempt), count, perS: (count * guessRefillMs) / 1000 }]
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
  return `${identifierPrefix}${connection.id}:${hash.toString('base64url')}:`
}
