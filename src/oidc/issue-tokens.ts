import type { TokenReply } from '../contract/tokens.ts'
import type { Deps } from '../domain/deps.ts'
import type { Client, ResourceServer, Tenant } from '../domain/tenant.ts'
import { issueAccessToken } from './access-token.ts'
import type { ClaimsUser } from './claims.ts'
import { type BrowserLogin, signIdToken } from './id-token.ts'

/** What a person's login, or its renewal, comes to. */
export type PersonGrant = {
  client: Client
  user: ClaimsUser
  api: ResourceServer | undefined
  scopes: readonly string[]
  /** Absent when the client gets none, or keeps the one it has. */
  refreshToken: string | undefined
  gty?: 'refresh_token'
  /** Where the person came by a browser. */
  login?: BrowserLogin
}

/** The tokens of a person; both are signed at the same time, on pool threads. */
export async function issueTokens(
  deps: Deps,
  tenant: Tenant,
  grant: PersonGrant,
): Promise<TokenReply> {
  const { client, user, scopes, refreshToken } = grant
  const [access, idToken] = await Promise.all([
    issueAccessToken(deps, tenant, {
      subject: user.user_id,
      clientId: client.clientId,
      api: grant.api,
      scopes,
      ...(grant.gty !== undefined && { gty: grant.gty }),
    }),
    scopes.includes('openid')
      ? signIdToken(tenant, { client, user, scopes, nowMs: deps.clock.now(), login: grant.login })
      : undefined,
  ])
  return {
    access_token: access.token,
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    ...(idToken !== undefined && { id_token: idToken }),
    scope: scopes.join(' '),
    expires_in: access.expiresInS,
    token_type: 'Bearer',
  }
}
