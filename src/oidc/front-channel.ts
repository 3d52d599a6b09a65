import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Deps } from '../domain/deps.ts'
import type { Client, Tenant } from '../domain/tenant.ts'
import type { UserRow } from '../store/users.ts'
import { issueAccessToken } from './access-token.ts'
import { signIdToken } from './id-token.ts'
import type { LoginRequest } from './login-request.ts'
import { accountUser, requestOf } from './request-context.ts'
import { grantScopes, requestedApi } from './scopes.ts'

/** The members of the library's tokens that are used here; its types do not name all of them. */
type LibraryAccessToken = { scope: string; expiresIn: number }
type LibraryIdToken = { ctx: KoaContextWithOIDC; extra: Record<string, string | undefined> }

/**
 * Lets the library hand out our tokens on the front channel, so that all tokens are made in one place:
 * it decides which and when, and writes them into the answer.
 */
export function issueOurTokens(
  deps: Deps,
  tenant: Tenant,
  provider: Provider,
  context: () => KoaContextWithOIDC | undefined,
): void {
  Object.assign(provider.AccessToken.prototype, {
    async save(this: LibraryAccessToken): Promise<string> {
      const { client, user, request } = await subjectOf(tenant, context())
      const { api, scopes } = await grantOf(deps, tenant, client, request)
      const { token, expiresInS } = await issueAccessToken(deps, tenant, {
        ...{ subject: user.user_id, clientId: client.clientId, api, scopes, frontChannel: true },
      })
      this.scope = scopes.join(' ')
      this.expiresIn = expiresInS
      return token
    },
  })
  Object.assign(provider.IdToken.prototype, {
    async issue(this: LibraryIdToken): Promise<string> {
      const { ctx, extra } = this
      const { client, user, request } = await subjectOf(tenant, ctx)
      if (request.responseType === 'token') return ''
      const { scopes } = await grantOf(deps, tenant, client, request)
      return signIdToken(tenant, {
        ...{ client, user, scopes, nowMs: deps.clock.now() },
        login: {
          sid: ctx.oidc.session?.uid ?? '',
          nonce: extra.nonce,
          authTime: request.wantsAuthTime ? ctx.oidc.session?.authTime() : undefined,
          secondFactor: ctx.oidc.result?.mfa !== undefined,
          accessToken: extra.at_hash,
          code: extra.c_hash,
        },
      })
    },
  })
  provider.on('authorization.success', (ctx, answer) => {
    // Made only because the library knows no token alone.
    if (requestOf(ctx).responseType === 'token') delete answer?.id_token
  })
}

async function subjectOf(
  tenant: Tenant,
  ctx: KoaContextWithOIDC | undefined,
): Promise<{ client: Client; user: UserRow; request: LoginRequest }> {
  const client = await tenant.client(ctx?.oidc.client?.clientId ?? '')
  const user = ctx && accountUser(ctx)
  if (ctx === undefined || client === undefined || user === undefined) {
    throw new Error('a token is made for nobody')
  }
  return { client, user, request: requestOf(ctx) }
}

async function grantOf(deps: Deps, tenant: Tenant, client: Client, request: LoginRequest) {
  const api = await requestedApi(tenant, request.audience ?? undefined)
  const requested = request.scopes.filter((scope) => scope !== 'offline_access')
  return { api, scopes: await grantScopes(deps, tenant, { client, requested, api }) }
}
