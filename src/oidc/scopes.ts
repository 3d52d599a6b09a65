import { AppError } from '../base/app-error.ts'
import { mfaScopes } from '../contract/mfa.ts'
import type { Deps } from '../domain/deps.ts'
import type { Client, ResourceServer, Tenant } from '../domain/tenant.ts'
import { clientGrantFor } from '../domain/token-client-grants.ts'

/** Scopes of OIDC itself and their claims. Source: authentication-api 2.3, OIDC Core 5.4. */
export const claimsOfScope: Readonly<Record<string, readonly string[]>> = {
  openid: [],
  profile: [
    'name',
    'family_name',
    'given_name',
    'middle_name',
    'nickname',
    'picture',
    'updated_at',
  ],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
  name: ['name'],
  given_name: ['given_name'],
  family_name: ['family_name'],
  nickname: ['nickname'],
  email_verified: ['email_verified'],
  picture: ['picture'],
  created_at: ['created_at'],
  identities: ['identities'],
  offline_access: [],
}

/** The names of a `scope`, each once, in the order asked. */
export const parseScope = (scope: string): string[] => [
  ...new Set(scope.split(' ').filter((name) => name !== '')),
]

/**
 * The API that a request names, or the tenant's default one; undefined for a token that is good at
 * `/userinfo` alone.
 *
 * @throws AppError `access_denied` for an identifier that no API has
 */
export async function requestedApi(
  tenant: Tenant,
  audience: string | undefined,
): Promise<ResourceServer | undefined> {
  const identifier = audience || (tenant.settings.default_audience as string | undefined) // a string where set
  if (!identifier || identifier === `${tenant.issuer}userinfo`) return undefined
  if (identifier === mfaAudience(tenant)) return mfaApi(tenant)
  const api = await tenant.resourceServer(identifier)
  if (api === undefined) {
    throw new AppError('access_denied', { message: `Service not found: ${identifier}` })
  }
  return api
}

/** The identifier of the API by which people manage their own factors. */
export const mfaAudience = ({ issuer }: Pick<Tenant, 'issuer'>): string => `${issuer}mfa/`

/** That API; every tenant has it, it is stored nowhere and lists nowhere. Its tokens live ten minutes. */
const mfaApi = (tenant: Tenant): ResourceServer => ({
  id: 'mfa',
  identifier: mfaAudience(tenant),
  isSystem: false,
  signingSecret: undefined,
  document: {
    scopes: mfaScopes.map((value) => ({ value })),
    token_lifetime: 600,
    allow_offline_access: false,
  },
  createdAt: tenant.createdAt,
})

/** The scope values that an API defines. */
export function apiScopes(api: ResourceServer): string[] {
  const scopes = api.document.scopes as readonly { value: string }[] | undefined // checked when written
  return scopes?.map(({ value }) => value) ?? []
}

/**
 * What of the requested scopes a person's token gets: OIDC's own and the API's, unknown ones dropped
 * without a word. `offline_access` needs a client and an API that allow it.
 *
 * The system API gives a person nothing, and an API with `enforce_policies` only what the person was
 * permitted, which no one is as long as there are no roles.
 *
 * Source: authentication-api 2.5, management-api 7.7 (`subject_type_authorization`).
 *
 * @throws AppError `access_denied` where the API is closed to persons, or to this client's
 */
export async function grantScopes(
  deps: Deps,
  tenant: Tenant,
  request: { client: Client; requested: readonly string[]; api: ResourceServer | undefined },
): Promise<string[]> {
  const { client, requested, api } = request
  const ofApi = api === undefined ? new Set() : await personScopes(deps, tenant, client, api)
  return requested.filter((scope) => {
    if (scope === 'offline_access') return mayStayOnline(client, api)
    return Object.hasOwn(claimsOfScope, scope) || ofApi.has(scope)
  })
}

function mayStayOnline(client: Client, api: ResourceServer | undefined): boolean {
  const grants = client.document.grant_types as readonly string[] | undefined // checked when written
  return (
    grants?.includes('refresh_token') === true &&
    (api === undefined || api.document.allow_offline_access === true)
  )
}

async function personScopes(
  deps: Deps,
  tenant: Tenant,
  client: Client,
  api: ResourceServer,
): Promise<Set<string>> {
  // Checked when the API was written.
  const authorization = api.document.subject_type_authorization as
    | { user?: { policy?: string } }
    | undefined
  const policy = authorization?.user?.policy ?? 'allow_all'
  const offered = api.isSystem || api.document.enforce_policies === true ? [] : apiScopes(api)
  if (policy === 'allow_all') return new Set(offered)
  const grant =
    policy === 'require_client_grant'
      ? await clientGrantFor(deps, tenant, client, api.identifier, 'user')
      : undefined
  if (grant === undefined) {
    throw new AppError('access_denied', {
      message: `The client may not ask for a person's access to "${api.identifier}".`,
    })
  }
  return new Set(grant.allScopes ? offered : offered.filter((scope) => grant.scopes.has(scope)))
}
