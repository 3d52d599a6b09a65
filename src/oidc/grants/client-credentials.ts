import { AppError } from '../../base/app-error.ts'
import type { Deps } from '../../domain/deps.ts'
import type { Client, ResourceServer, Tenant } from '../../domain/tenant.ts'
import { writeTenantLog } from '../../domain/tenant-logs.ts'
import { clientGrantFor } from '../../domain/token-client-grants.ts'
import { issueAccessToken } from '../access-token.ts'
import { isPublicClient } from '../client-authentication.ts'
import { apiScopes, requestedApi } from '../scopes.ts'
import { type Grant, type GrantRequest, grantLog, refuseGrant } from './grant.ts'

/** A machine's token for an API. Source: authentication-api 1.3.6. */
export const clientCredentials: Grant = {
  name: 'client_credentials',

  async handle(deps, tenant, request) {
    const { client } = request
    // Whoever reads a public client's page knows all that it could show.
    if (isPublicClient(client)) refuseGrant('client_credentials')
    const { api, scopes } = await machineAccess(deps, tenant, request).catch(
      async (error: unknown) => {
        if (error instanceof AppError) await logFailure(deps, tenant, request, error)
        throw error
      },
    )
    const [access] = await Promise.all([
      issueAccessToken(deps, tenant, {
        subject: `${client.clientId}@clients`,
        clientId: client.clientId,
        api,
        scopes,
        gty: 'client-credentials',
      }),
      writeTenantLog(deps, tenant, {
        type: 'seccft',
        ...grantLog(request),
        audience: api.identifier,
        scope: scopes.join(' '),
      }),
    ])
    return {
      access_token: access.token,
      scope: scopes.join(' '),
      expires_in: access.expiresInS,
      token_type: 'Bearer',
    }
  },
}

async function machineAccess(
  deps: Deps,
  tenant: Tenant,
  { client, parameters, scopes }: GrantRequest,
): Promise<{ api: ResourceServer; scopes: string[] }> {
  const api = await requestedApi(tenant, parameters.audience)
  if (api === undefined) {
    throw new AppError('invalid_request', { message: 'Missing required parameter: audience' })
  }
  const granted = await grantedScopes(deps, tenant, client, api)
  return { api, scopes: scopes === undefined ? granted : granted.filter((s) => scopes.includes(s)) }
}

/** What the client grant gives, as far as the API still has it. */
async function grantedScopes(
  deps: Deps,
  tenant: Tenant,
  client: Client,
  api: ResourceServer,
): Promise<string[]> {
  // Checked when the API was written.
  const authorization = api.document.subject_type_authorization as
    | { client?: { policy?: string } }
    | undefined
  const grant =
    authorization?.client?.policy === 'deny_all'
      ? undefined
      : await clientGrantFor(deps, tenant, client, api.identifier, 'client')
  if (grant === undefined) {
    throw new AppError('access_denied', {
      message: `The client has no grant for "${api.identifier}".`,
    })
  }
  return apiScopes(api).filter((scope) => grant.allScopes || grant.scopes.has(scope))
}

/** Without the error's text: it repeats what the caller sent. */
const logFailure = (deps: Deps, tenant: Tenant, request: GrantRequest, error: AppError) =>
  writeTenantLog(deps, tenant, {
    type: 'feccft',
    description:
      error.code === 'access_denied' ? 'The client has no access to the API' : 'No API was named',
    ...grantLog(request),
  })
