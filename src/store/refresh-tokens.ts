import { type Static, Type } from 'typebox'
import type { BatchKind, Db } from './db.ts'
import { columns, sql } from './sql.ts'
import { UserRow } from './users.ts'

/** A row of `refresh_tokens`. A family is what one login gave: a token and its successors. */
export const RefreshTokenRow = Type.Object({
  tenant_id: Type.String(),
  token_hash: Type.Unsafe<Uint8Array>({}),
  family_id: Type.String(),
  client_id: Type.String(),
  user_id: Type.String(),
  connection: Type.String(),
  scope: Type.String(),
  audience: Type.Union([Type.String(), Type.Null()]),
  rotating: Type.Boolean(),
  issued_at: Type.Number(),
  family_issued_at: Type.Number(),
  expires_at: Type.Number(),
  consumed_at: Type.Union([Type.Number(), Type.Null()]),
  generation: Type.Number(),
  user_deleted: Type.Boolean(),
})
export type RefreshTokenRow = Static<typeof RefreshTokenRow>

/** `expires_at` of a token that does not end: the last moment that a `Date` can hold. */
export const neverExpires = 8_640_000_000_000_000

/** An exchange. Lifetimes are null where the client's have no end. */
export type RefreshTokenUse = {
  tenantId: string
  tokenHash: Uint8Array
  clientId: string
  now: number
  /** Every one must be in the token's scope; none asks for all. */
  requestedScopes: readonly string[]
  /** How long a consumed token may come again, as the immediate predecessor of the newest one. */
  leewayMs: number
  idleMs: number | null
  absoluteMs: number | null
  /** Becomes a token when the presented one rotates. */
  successorHash: Uint8Array
}

const UsedRow = Type.Intersect([
  UserRow,
  Type.Object({
    token_scope: Type.String(),
    token_audience: Type.Union([Type.String(), Type.Null()]),
    token_rotating: Type.Boolean(),
  }),
])

/**
 * Exchanges a token, in one statement: claims it and inserts its successor when it rotates, renews its
 * idle time when it does not. The update locks the row, so of many exchanges of one token at once one
 * claims it and the others see it consumed.
 *
 * @returns undefined when the token may not be exchanged; `findRefreshToken` tells why
 */
export const useRefreshToken = (db: Db, use: RefreshTokenUse) => {
  const expiry = sql`
    least(${use.now}::bigint + ${use.idleMs}::bigint,
          token.family_issued_at + ${use.absoluteMs}::bigint, ${neverExpires}::bigint)`
  return db.first(
    UsedRow,
    sql`
    with claimed as (
      update refresh_tokens as token
         set consumed_at = case when token.rotating
                             then coalesce(token.consumed_at, ${use.now}::bigint) end,
             expires_at = case when token.rotating then token.expires_at else ${expiry} end
       where token.tenant_id = ${use.tenantId} and token.token_hash = ${use.tokenHash}
         and token.client_id = ${use.clientId} and token.expires_at > ${use.now}::bigint
         and not token.user_deleted
         and string_to_array(token.scope, ' ') @> ${use.requestedScopes}::text[]
         and (token.consumed_at is null
              or (${use.leewayMs}::bigint > 0
                  and token.consumed_at > ${use.now}::bigint - ${use.leewayMs}::bigint
                  and not exists (
                    select from refresh_tokens as later
                     where later.tenant_id = token.tenant_id and later.family_id = token.family_id
                       and later.generation > token.generation and later.consumed_at is not null)))
         and exists (
           select from users
            where users.tenant_id = token.tenant_id and users.user_id = token.user_id
              and users.blocked is not true)
      returning token.tenant_id, token.family_id, token.client_id, token.user_id, token.connection,
                token.scope, token.audience, token.rotating, token.family_issued_at,
                token.generation, ${expiry} as successor_expires_at
    ), successor as (
      insert into refresh_tokens (tenant_id, token_hash, family_id, client_id, user_id, connection,
                                  scope, audience, rotating, issued_at, family_issued_at, expires_at,
                                  generation)
      select tenant_id, ${use.successorHash}::bytea, family_id, client_id, user_id, connection, scope,
             audience, true, ${use.now}::bigint, family_issued_at, successor_expires_at,
             generation + 1
        from claimed where rotating
    )
    select ${columns(UserRow, 'users')}, claimed.scope as token_scope,
           claimed.audience as token_audience, claimed.rotating as token_rotating
      from claimed join users using (tenant_id, user_id)`,
  )
}

const FoundRow = Type.Intersect([
  RefreshTokenRow,
  Type.Object({
    /** Null when there is no such user. */
    user_blocked: Type.Union([Type.Boolean(), Type.Null()]),
  }),
])

/** A token and how its user stands; for refusals, which need a reason. */
export const findRefreshToken = (db: Db, tenantId: string, tokenHash: Uint8Array) =>
  db.first(
    FoundRow,
    sql`
    select ${columns(RefreshTokenRow, 'token')},
           case when users.user_id is not null then users.blocked is true end as user_blocked
      from refresh_tokens as token
      left join users on users.tenant_id = token.tenant_id and users.user_id = token.user_id
     where token.tenant_id = ${tenantId} and token.token_hash = ${tokenHash}`,
  )

/**
 * Deletes the tokens of a family that this statement sees, in one order so that two of it never wait
 * for each other. A successor that is being made meanwhile is seen by the next call: call it until it
 * deletes nothing.
 */
export const deleteRefreshTokenFamily = (db: Db, tenantId: string, familyId: string) =>
  db.run(sql`
    with doomed as materialized (
      select tenant_id, token_hash from refresh_tokens
       where tenant_id = ${tenantId} and family_id = ${familyId} order by token_hash for update)
    delete from refresh_tokens using doomed
     where refresh_tokens.tenant_id = doomed.tenant_id
       and refresh_tokens.token_hash = doomed.token_hash`)

/** Deletes every token that a user has for a client and an API; repeated like the function above. */
export const deleteRefreshTokensOfGrant = (
  db: Db,
  tenantId: string,
  grant: { userId: string; clientId: string; audience: string | null },
) =>
  db.run(sql`
    with doomed as materialized (
      select tenant_id, token_hash from refresh_tokens
       where tenant_id = ${tenantId} and user_id = ${grant.userId} and client_id = ${grant.clientId}
         and audience is not distinct from ${grant.audience}::text
       order by token_hash for update)
    delete from refresh_tokens using doomed
     where refresh_tokens.tenant_id = doomed.tenant_id
       and refresh_tokens.token_hash = doomed.token_hash`)

/** Deletes all but the newest `keep` tokens that a user can still exchange at a client. */
export const deleteOldestRefreshTokens = (
  db: Db,
  tenantId: string,
  holder: { userId: string; clientId: string; now: number; keep: number },
) => db.batch(oldestTokens, { tenantId, ...holder })

const oldestTokens: BatchKind<
  { tenantId: string; userId: string; clientId: string; now: number; keep: number },
  undefined
> = {
  name: 'oldest-refresh-tokens',
  maxItems: 200,
  maxInFlight: 1,
  async run(db, items) {
    await db.run(sql`
    delete from refresh_tokens
     where tenant_id = any(${[...new Set(items.map((item) => item.tenantId))]}::text[])
       and token_hash = any(array(
       select old.token_hash
         from unnest(${items.map((item) => item.tenantId)}::text[],
                     ${items.map((item) => item.userId)}::text[],
                     ${items.map((item) => item.clientId)}::text[])
                as holder (tenant_id, user_id, client_id),
              lateral (
                select token_hash from refresh_tokens
                 where tenant_id = holder.tenant_id and user_id = holder.user_id
                   and client_id = holder.client_id and consumed_at is null
                   and expires_at > ${items[0]?.now}
                 order by issued_at desc, generation desc, token_hash
                offset ${items[0]?.keep}::int) as old))`)
    return items.map(() => undefined)
  },
}
