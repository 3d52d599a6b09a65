import type { Adapter, AdapterPayload, KoaContextWithOIDC } from 'oidc-provider'
import { tokenHash } from '../base/secret-box.ts'
import type { Deps } from '../domain/deps.ts'
import type { Tenant } from '../domain/tenant.ts'
import { deleteOidcRecord, findOidcRecord, putOidcRecord } from '../store/oidc-records.ts'
import type { LoginRequest } from './login-request.ts'
import { requestOf } from './request-context.ts'

/** The request that the library is answering. */
type CurrentContext = () => KoaContextWithOIDC | undefined

/** Everything that the library keeps of a browser, by its name for it. */
const stored: ReadonlySet<string> = new Set(['Session', 'Interaction', 'AuthorizationCode'])

/**
 * Where the library keeps things. Sessions, interactions and codes are rows; clients are the tenant's; of
 * anything else (grants, tokens) nothing is kept, because our own statements do.
 */
export const adapterFor =
  (deps: Deps, tenant: Tenant, context: CurrentContext) =>
  (model: string): Adapter => {
    if (model === 'Client') return { ...nothing, find: (id) => clientMetadata(tenant, id) }
    return stored.has(model) ? recordsOf(deps, tenant, model, context) : nothing
  }

function recordsOf(deps: Deps, tenant: Tenant, model: string, context: CurrentContext): Adapter {
  const keyOf = (id: string) => ({ tenantId: tenant.id, model, idHash: tokenHash(id) })
  return {
    ...nothing,
    async upsert(id, payload, expiresIn) {
      const now = deps.clock.now()
      const details = model === 'AuthorizationCode' ? codeDetails(context()) : undefined
      await putOidcRecord(deps.db, {
        ...{ tenant_id: tenant.id, model, id_hash: tokenHash(id) },
        payload: { ...withoutIds(payload), ...details },
        ...{ uid: payload.uid ?? null, user_id: payload.accountId ?? null },
        client_id: payload.clientId ?? null,
        ...{ created_at: now, expires_at: now + (expiresIn ?? 0) * 1000 },
      })
    },
    async find(id) {
      const row = await findOidcRecord(deps.db, keyOf(id), deps.clock.now())
      return row && ({ ...row.payload, jti: id } as AdapterPayload) // written above only
    },
    async destroy(id) {
      await deleteOidcRecord(deps.db, keyOf(id))
    },
  }
}

/** Bearer values: the record's own id, and in an interaction that of the session. */
function withoutIds(payload: AdapterPayload): Record<string, unknown> {
  const { jti: _, session, ...kept } = payload
  if (session === undefined) return kept
  const { cookie: __, ...known } = session
  return { ...kept, session: known }
}

/** What the exchange of a code needs besides what the library writes to it. */
export type CodeDetails = {
  login_request: LoginRequest
  /** The person has passed a second factor for this very code. */
  second_factor: boolean
}

function codeDetails(ctx: KoaContextWithOIDC | undefined): CodeDetails {
  if (ctx === undefined) throw new Error('a code is made outside of a request')
  return { login_request: requestOf(ctx), second_factor: ctx.oidc.result?.mfa !== undefined }
}

/**
 * A client as the library is to see it: one that may do everything and has no secret. What it may do and
 * where answers go was judged before (`authorize.ts`), and tokens are not exchanged with the library.
 */
async function clientMetadata(tenant: Tenant, id: string): Promise<AdapterPayload | undefined> {
  const client = await tenant.client(id)
  if (client === undefined) return undefined
  return {
    client_id: id,
    token_endpoint_auth_method: 'none',
    redirect_uris: ['https://callback.invalid/'],
    grant_types: ['authorization_code', 'implicit'],
    response_types: [...responseTypes],
  }
}

/** What may be asked for; the library sorts the words. */
export const responseTypes = [
  'code',
  'id_token',
  'id_token token',
  'code id_token',
  'code token',
  'code id_token token',
] as const

const nothing: Adapter = {
  upsert: async () => undefined,
  find: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
}
