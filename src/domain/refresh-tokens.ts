import { AppError } from '../base/app-error.ts'
import { randomHex, randomToken } from '../base/random.ts'
import { tokenHash } from '../base/secret-box.ts'
import {
  deleteOldestRefreshTokens,
  deleteRefreshTokenFamily,
  deleteRefreshTokensOfGrant,
  findRefreshToken,
  neverExpires,
  type RefreshTokenRow,
  useRefreshToken,
} from '../store/refresh-tokens.ts'
import type { UserRow } from '../store/users.ts'
import type { Deps } from './deps.ts'
import type { Client, Tenant } from './tenant.ts'
import { tenantFlag } from './tenant-flags.ts'

/** The refusal that the SDKs compare. Source: authentication-api 6.6. */
const unknownToken = 'Unknown or invalid refresh token.'
const userGone = "The refresh_token was generated for a user who doesn't exist anymore."

/** How many tokens a user may have at one client; the oldest are dropped. */
const tokensPerUserAndClient = 200

/** Longer values are no tokens of ours and are not hashed. */
const longestToken = 256

/** A client's `refresh_token` settings; a lifetime is null when it has no end. */
export type RefreshTokenPolicy = {
  rotating: boolean
  leewayMs: number
  idleMs: number | null
  /** Counted from the login, whatever was rotated since. */
  absoluteMs: number | null
}

/** Reads the settings. Source: management-api 7.2, whose defaults stand where a client has none. */
export function refreshTokenPolicy(client: Client): RefreshTokenPolicy {
  // Checked when the client was written.
  const settings = (client.document.refresh_token ?? {}) as {
    rotation_type?: string
    expiration_type?: string
    leeway?: number
    token_lifetime?: number
    infinite_token_lifetime?: boolean
    idle_token_lifetime?: number
    infinite_idle_token_lifetime?: boolean
  }
  const expiring = settings.expiration_type === 'expiring'
  const lifetime = (infinite: boolean | undefined, seconds: number) =>
    expiring && infinite !== true ? seconds * 1000 : null
  return {
    rotating: settings.rotation_type === 'rotating',
    leewayMs: (settings.leeway ?? 0) * 1000,
    idleMs: lifetime(
      settings.infinite_idle_token_lifetime,
      settings.idle_token_lifetime ?? 1_296_000,
    ),
    absoluteMs: lifetime(settings.infinite_token_lifetime, settings.token_lifetime ?? 2_592_000),
  }
}

/** A refresh token before its login: the value for the client, and what is stored of it. */
export function newRefreshToken(
  deps: Pick<Deps, 'clock' | 'random'>,
  client: Client,
  grant: { scope: string; audience: string | undefined },
): {
  token: string
  stored: Pick<
    RefreshTokenRow,
    'token_hash' | 'family_id' | 'client_id' | 'scope' | 'audience' | 'rotating' | 'expires_at'
  >
} {
  const token = randomToken(deps.random)
  const { rotating, idleMs, absoluteMs } = refreshTokenPolicy(client)
  const life = Math.min(idleMs ?? Number.POSITIVE_INFINITY, absoluteMs ?? Number.POSITIVE_INFINITY)
  return {
    token,
    stored: {
      token_hash: tokenHash(token),
      family_id: randomHex(deps.random, 32),
      client_id: client.clientId,
      scope: grant.scope,
      audience: grant.audience ?? null,
      rotating,
      expires_at: Math.min(deps.clock.now() + life, neverExpires),
    },
  }
}

/** Drops what is too much after a login, without holding up its reply. */
export const limitRefreshTokens = (
  deps: Deps,
  tenant: Tenant,
  holder: { userId: string; clientId: string },
): void =>
  deps.background.run('limit-refresh-tokens', async () =>
    deleteOldestRefreshTokens(deps.db, tenant.id, {
      ...holder,
      now: deps.clock.now(),
      keep: tokensPerUserAndClient,
    }),
  )

/** What an exchange gives back. */
export type RefreshedLogin = {
  user: UserRow
  /** The scopes of the login, whatever part of them was asked for now. */
  scope: string
  audience: string | undefined
  /** The successor; undefined when the presented token stays good. */
  refreshToken: string | undefined
}

/**
 * Exchanges a refresh token. A consumed one that comes again outside its leeway is theft as far as
 * anyone can tell: its whole family ends, the newest token included.
 *
 * @throws AppError `invalid_grant`, `user_blocked` or `invalid_scope`
 */
export async function exchangeRefreshToken(
  deps: Deps,
  tenant: Tenant,
  exchange: { client: Client; token: string; scopes: readonly string[] },
): Promise<RefreshedLogin> {
  const { client, token } = exchange
  if (token.length > longestToken) throw new AppError('invalid_grant', { message: unknownToken })
  const hash = tokenHash(token)
  const successor = randomToken(deps.random)
  const { leewayMs, idleMs, absoluteMs } = refreshTokenPolicy(client)
  const used = await useRefreshToken(deps.db, {
    tenantId: tenant.id,
    tokenHash: hash,
    clientId: client.clientId,
    now: deps.clock.now(),
    requestedScopes: exchange.scopes,
    leewayMs,
    idleMs,
    absoluteMs,
    successorHash: tokenHash(successor),
  })
  if (used === undefined) return refuse(deps, tenant, exchange, hash)
  const { token_scope, token_audience, token_rotating, ...user } = used
  return {
    user,
    scope: token_scope,
    audience: token_audience ?? undefined,
    refreshToken: token_rotating ? successor : undefined,
  }
}

/** Finds out why a token was not exchanged, and ends the family of one that was used before. */
async function refuse(
  deps: Deps,
  tenant: Tenant,
  exchange: { client: Client; scopes: readonly string[] },
  hash: Uint8Array,
): Promise<never> {
  const found = await findRefreshToken(deps.db, tenant.id, hash)
  const now = deps.clock.now()
  if (
    found === undefined ||
    found.client_id !== exchange.client.clientId ||
    found.expires_at <= now
  ) {
    throw new AppError('invalid_grant', { message: unknownToken })
  }
  if (found.user_deleted || found.user_blocked === null) {
    throw new AppError('invalid_grant', { message: userGone })
  }
  if (found.consumed_at !== null) {
    await revokeRefreshTokenFamily(deps, tenant, found.family_id)
    throw new AppError('invalid_grant', { message: unknownToken })
  }
  if (found.user_blocked) throw new AppError('user_blocked')
  const stored = new Set(found.scope.split(' '))
  if (exchange.scopes.some((scope) => !stored.has(scope))) {
    throw new AppError('invalid_scope', {
      message: 'The scope is wider than the one that the refresh token was granted.',
    })
  }
  // Changed between the two statements: the next try tells.
  throw new AppError('invalid_grant', { message: unknownToken })
}

/** Ends what one login gave a client, whatever was rotated since. */
export const revokeRefreshTokenFamily = (
  deps: Deps,
  tenant: Tenant,
  familyId: string,
): Promise<void> => untilNothingIsLeft(() => deleteRefreshTokenFamily(deps.db, tenant.id, familyId))

/**
 * Revokes a refresh token: with it every token of the same user, client and API, or its family alone
 * where the tenant's flag `revoke_refresh_token_grant` is false. Unknown tokens, and those of another
 * client, are revoked already as far as the caller is concerned.
 */
export async function revokeRefreshToken(
  deps: Deps,
  tenant: Tenant,
  client: Client,
  token: string,
): Promise<void> {
  if (token.length > longestToken) return
  const found = await findRefreshToken(deps.db, tenant.id, tokenHash(token))
  if (found === undefined || found.client_id !== client.clientId) return
  const familyAlone = tenantFlag(tenant, 'revoke_refresh_token_grant') === false
  await untilNothingIsLeft(() =>
    familyAlone
      ? deleteRefreshTokenFamily(deps.db, tenant.id, found.family_id)
      : deleteRefreshTokensOfGrant(deps.db, tenant.id, {
          userId: found.user_id,
          clientId: found.client_id,
          audience: found.audience,
        }),
  )
}

/**
 * A rotation that runs beside a deletion commits a successor that the deletion did not see. The row
 * that it rotates is seen, so once nothing was there to delete, no rotation can be under way.
 */
async function untilNothingIsLeft(deleteAll: () => Promise<number>): Promise<void> {
  while ((await deleteAll()) > 0);
}
