import { AppError } from '../base/app-error.ts'
import { randomToken } from '../base/random.ts'
import { tokenHash } from '../base/secret-box.ts'
import { findMfaTransaction, insertMfaTransaction } from '../store/mfa-transactions.ts'
import type { Deps } from './deps.ts'
import type { Client, Tenant } from './tenant.ts'

/** How long an `mfa_token` is good. Source: authentication-api 2.7. */
const lifetimeMs = 600_000

/** The grant that waits, as it will go on. */
export type MfaRequest = {
  /** What was granted, not only asked for. */
  scopes: string[]
  /** Identifier of the API; null for a token that is good at `/userinfo` alone. */
  audience: string | null
  /** Name of the connection of the first factor. */
  connection: string
  grantType: string
}

/** A grant that waits for a second factor. */
export type MfaTransaction = {
  /** Null for one that has no row: an access token that manages factors stands for it. */
  hash: Buffer | null
  userId: string
  request: MfaRequest
  /** What the handles of its codes are bound to. */
  owner: string
}

/** Keeps a grant until its second factor is passed. @returns the `mfa_token` */
export async function startMfaTransaction(
  deps: Deps,
  tenant: Tenant,
  start: { userId: string; client: Client; request: MfaRequest },
): Promise<string> {
  const token = randomToken(deps.random)
  const now = deps.clock.now()
  await insertMfaTransaction(deps.db, {
    tenant_id: tenant.id,
    token_hash: tokenHash(token),
    user_id: start.userId,
    client_id: start.client.clientId,
    request: start.request,
    created_at: now,
    expires_at: now + lifetimeMs,
    completed_at: null,
  })
  return token
}

/**
 * What an `mfa_token` stands for. One that was used is as good as unknown.
 *
 * @param client whom it must have been issued to; undefined where a request names no client
 * @throws AppError `invalid_grant`, `mfa_expired`, in the words that SDKs compare
 */
export async function readMfaTransaction(
  deps: Deps,
  tenant: Tenant,
  token: string,
  client: Client | undefined,
): Promise<MfaTransaction & { hash: Buffer; clientId: string }> {
  const malformed = new AppError('invalid_grant', { message: 'Malformed mfa_token' })
  if (!/^[A-Za-z0-9_-]{43}$/.test(token)) throw malformed
  const hash = tokenHash(token)
  const row = await findMfaTransaction(deps.db, tenant.id, hash)
  if (row === undefined || row.completed_at !== null) throw malformed
  if (client !== undefined && row.client_id !== client.clientId) {
    throw new AppError('invalid_grant', { message: 'mfa_token not issued to this client' })
  }
  if (row.expires_at <= deps.clock.now()) {
    throw new AppError('mfa_expired', { message: 'mfa_token is expired' })
  }
  return {
    hash,
    userId: row.user_id,
    clientId: row.client_id,
    request: row.request as MfaRequest, // written by us only, from this type
    owner: hash.toString('hex'),
  }
}
