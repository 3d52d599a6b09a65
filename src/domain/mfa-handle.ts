import { keyedHash, tokenHash } from '../base/secret-box.ts'
import type { Deps } from './deps.ts'
import type { Tenant } from './tenant.ts'

const [nonceBytes, timeBytes, macBytes] = [16, 6, 12]

/**
 * The value by which its owner asks about a code (`oob_code`): chance, the code's end, a mark of the
 * tenant and a mark of the owner. It tells by itself whether it is ours, whose, and over; which code is
 * the newest one stands in the database.
 *
 * @param owner what the code belongs to: an `mfa_token`'s hash, a page's transaction
 */
export function newMfaHandle(
  deps: Pick<Deps, 'random'>,
  tenant: Pick<Tenant, 'hashKey'>,
  owner: string,
  expiresAt: number,
): string {
  const time = Buffer.alloc(timeBytes)
  time.writeUIntBE(expiresAt, 0, timeBytes)
  const head = Buffer.concat([deps.random.bytes(nonceBytes), time])
  return Buffer.concat([head, ...marks(tenant, owner, head)]).toString('base64url')
}

/** @returns the hash that the database knows it by, or why it is not good */
export function readMfaHandle(
  tenant: Pick<Tenant, 'hashKey'>,
  owner: string,
  handle: string,
  now: number,
): { hash: Buffer } | 'malformed' | 'foreign' | 'expired' {
  const bytes = Buffer.from(handle, 'base64url')
  const headBytes = nonceBytes + timeBytes
  if (bytes.length !== headBytes + 2 * macBytes || bytes.toString('base64url') !== handle) {
    return 'malformed'
  }
  const head = bytes.subarray(0, headBytes)
  const [ours, owners] = marks(tenant, owner, head)
  if (!ours.equals(bytes.subarray(headBytes, headBytes + macBytes))) return 'malformed'
  if (!owners.equals(bytes.subarray(headBytes + macBytes))) return 'foreign'
  if (head.readUIntBE(nonceBytes, timeBytes) <= now) return 'expired'
  return { hash: mfaHandleHash(handle) }
}

/** How a handle stands in the database. */
export const mfaHandleHash = (handle: string): Buffer => tokenHash(handle)

const marks = (
  { hashKey }: Pick<Tenant, 'hashKey'>,
  owner: string,
  head: Buffer,
): [Buffer, Buffer] => {
  const text = head.toString('hex')
  return [
    keyedHash(hashKey, 'mfa-handle', text).subarray(0, macBytes),
    keyedHash(hashKey, 'mfa-handle-owner', owner, text).subarray(0, macBytes),
  ]
}
