import type { RefreshTokenToStore } from './challenges.ts'
import type { Db } from './db.ts'
import { columns, sql } from './sql.ts'
import { UserRow } from './users.ts'

/** An exchange of a code, once everything else about it was found right. */
export type CodeSpending = {
  tenantId: string
  codeHash: Uint8Array
  clientId: string
  now: number
  /** Stored when the exchange succeeds; null when the client gets none. */
  refreshToken: RefreshTokenToStore | null
}

/**
 * Spends a code and stores the refresh token that it gives, in one statement. The update locks the row,
 * so of many exchanges of one code at once one spends it.
 *
 * @returns the person; undefined when the code is spent or over, or the person gone or blocked
 */
export const spendAuthorizationCode = (db: Db, spending: CodeSpending) => {
  const { tenantId, now, refreshToken: token } = spending
  return db.first(
    UserRow,
    sql`
    with spent as (
      update oidc_records as code
         set consumed_at = ${now}, family_id = ${token?.family_id ?? null}::text
       where code.tenant_id = ${tenantId} and code.model = 'AuthorizationCode'
         and code.id_hash = ${spending.codeHash} and code.client_id = ${spending.clientId}
         and code.consumed_at is null and code.expires_at > ${now}
      returning code.user_id
    ), person as (
      select ${columns(UserRow, 'users')} from users join spent using (user_id)
       where users.tenant_id = ${tenantId} and users.blocked is not true
    ), token as (
      insert into refresh_tokens (tenant_id, token_hash, family_id, client_id, user_id, connection,
                                  scope, audience, rotating, issued_at, family_issued_at, expires_at)
      select ${tenantId}, ${token?.token_hash ?? null}::bytea, ${token?.family_id ?? null}::text,
             ${token?.client_id ?? null}::text, user_id, connection,
             ${token?.scope ?? null}::text, ${token?.audience ?? null}::text,
             ${token?.rotating ?? null}::boolean, ${now}, ${now},
             ${token?.expires_at ?? null}::bigint
        from person where ${token !== null}::boolean
    )
    select ${columns(UserRow)} from person`,
  )
}
