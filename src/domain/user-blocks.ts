import { AppError } from '../base/app-error.ts'
import { parsePhoneNumber } from '../base/phone-number.ts'
import { flows } from '../contract/notifications.ts'
import type { UserBlocksView } from '../contract/user-blocks.ts'
import { guessRefillMs } from '../store/challenges.ts'
import { type Bucket, isBucketEmpty, refillBucket } from '../store/limit-buckets.ts'
import { refillMfaGuesses } from '../store/mfa-challenges.ts'
import { type GuessBlock, liftGuessBlocks, listGuessBlocks } from '../store/user-blocks.ts'
import { findUser, type UserRow } from '../store/users.ts'
import { limitedAddress } from './allow-list.ts'
import type { Deps } from './deps.ts'
import { addressBuckets, liftPasswordBlocks, passwordBlocks } from './password-limits.ts'
import { recipientHash } from './recipients.ts'
import type { Tenant } from './tenant.ts'
import { loggedNumber, writeTenantLog } from './tenant-logs.ts'

/** Who unblocks, for the log. */
export type Unblocker = { clientId: string; ip: string; userAgent: string }

/**
 * Where an identifier is refused because of too many wrong codes or passwords.
 *
 * @param considerEnablement tells nothing while the tenant's brute-force protection is off
 */
export async function listBlocksOfIdentifier(
  deps: Deps,
  tenant: Tenant,
  identifier: string,
  considerEnablement: boolean,
): Promise<UserBlocksView> {
  if (considerEnablement && !tenant.protection.brute_force.enabled) return { blocked_for: [] }
  const block = guessBlock(deps, tenant, identifier)
  const rows = block === undefined ? [] : await listGuessBlocks(deps.db, block)
  const byPassword = await Promise.all(
    databasesOf(tenant).map(async (connection) => {
      const blocks = await passwordBlocks(deps, tenant, connection, identifier)
      return blocks.map(({ ip }) => ({
        identifier,
        ...(ip !== null && { ip }),
        connection: connection.name,
      }))
    }),
  )
  return {
    blocked_for: [
      ...rows.map(({ connection }) => ({ identifier, connection })),
      ...byPassword.flat(),
    ],
  }
}

/** Lifts every block of an identifier; one that is not blocked is no error. */
export async function unblockIdentifier(
  deps: Deps,
  tenant: Tenant,
  identifier: string,
  by: Unblocker,
): Promise<void> {
  const block = guessBlock(deps, tenant, identifier)
  let lifted = block === undefined ? 0 : await liftGuessBlocks(deps.db, block)
  for (const connection of databasesOf(tenant)) {
    lifted += await liftPasswordBlocks(deps, tenant, connection, identifier)
  }
  if (lifted === 0) return
  await logUnblocked(deps, tenant, by, { user_name: loggedNumber(identifier) })
}

/** @throws AppError `user_not_found` */
export async function listBlocksOfUser(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  considerEnablement: boolean,
): Promise<UserBlocksView> {
  const user = await findUser(deps.db, tenant.id, userId)
  if (user === undefined) throw new AppError('user_not_found')
  const blocks = await Promise.all(
    identifiersOf(user).map((identifier) =>
      listBlocksOfIdentifier(deps, tenant, identifier, considerEnablement),
    ),
  )
  const own = ({ connection }: { connection: string }) => connection === user.connection
  return { blocked_for: blocks.flatMap(({ blocked_for }) => blocked_for.filter(own)) }
}

/** @throws AppError `user_not_found` */
export async function unblockUser(
  deps: Deps,
  tenant: Tenant,
  userId: string,
  by: Unblocker,
): Promise<void> {
  const user = await findUser(deps.db, tenant.id, userId)
  if (user === undefined) throw new AppError('user_not_found')
  let lifted = 0
  const database = databasesOf(tenant).find(({ name }) => name === user.connection)
  for (const identifier of identifiersOf(user)) {
    if (database !== undefined) {
      lifted += await liftPasswordBlocks(deps, tenant, database, identifier)
    }
    const block = guessBlock(deps, tenant, identifier)
    if (block === undefined) continue
    lifted += await liftGuessBlocks(deps.db, { ...block, connections: [user.connection] })
  }
  lifted += await refillMfaGuesses(deps.db, tenant.id, userId)
  if (lifted > 0) await logUnblocked(deps, tenant, by, { user_id: userId })
}

/** Whether an address may ask for no message, or try no password, at this moment. */
export async function isAddressBlocked(deps: Deps, tenant: Tenant, ip: string): Promise<boolean> {
  const now = deps.clock.now()
  for (const bucket of bucketsOfAddress(tenant, ip)) {
    if (await isBucketEmpty(deps.db, tenant.id, bucket, now)) return true
  }
  return false
}

/** Lets an address ask and try again; one that is not blocked is no error. */
export async function unblockAddress(deps: Deps, tenant: Tenant, ip: string): Promise<void> {
  for (const { key } of bucketsOfAddress(tenant, ip)) await refillBucket(deps.db, tenant.id, key)
}

function bucketsOfAddress(tenant: Tenant, ip: string): Bucket[] {
  const limit = tenant.protection.phone.address
  const messages = limit && { key: addressKey(ip), count: limit.count, perS: limit.per_s }
  return [...(messages === null ? [] : [messages]), ...addressBuckets(tenant, ip)]
}

/** The bucket of an address, as `/passwordless/start` names it. */
const addressKey = (ip: string) => `address:${limitedAddress(ip)}`

/** The connections whose people have a password. */
const databasesOf = (tenant: Tenant) =>
  tenant.connections.filter(({ strategy }) => strategy === 'auth0')

const identifiersOf = (user: UserRow): string[] =>
  [user.phone_number, user.email, user.username].filter((each) => each !== null)

/** Undefined for what is no number: only numbers have codes. */
function guessBlock(deps: Deps, tenant: Tenant, identifier: string): GuessBlock | undefined {
  const phone = parsePhoneNumber(identifier)
  if (phone === undefined) return undefined
  return {
    tenantId: tenant.id,
    connections: tenant.connections.map(({ name }) => name),
    purposes: flows,
    recipientHash: recipientHash(tenant, phone.e164),
    budget: tenant.protection.brute_force.max_attempts,
    refillMs: guessRefillMs,
    now: deps.clock.now(),
  }
}

const logUnblocked = (
  deps: Deps,
  tenant: Tenant,
  by: Unblocker,
  whom: { user_id: string } | { user_name: string },
) =>
  writeTenantLog(deps, tenant, {
    type: 'ublkdu',
    description: 'User unblocked',
    ...whom,
    client_id: by.clientId,
    ip: by.ip,
    user_agent: by.userAgent,
  })
