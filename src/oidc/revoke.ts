import { AppError } from '../base/app-error.ts'
import type { Deps } from '../domain/deps.ts'
import { revokeRefreshToken } from '../domain/refresh-tokens.ts'
import type { Client, Tenant } from '../domain/tenant.ts'
import { authenticateClient } from './client-authentication.ts'
import { requiredParameter } from './grants/grant.ts'

/** Three parts of base64url, the first an object: a JWT, or a try at one. */
const jwtShape = /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/

/**
 * Revokes a refresh token; an unknown or revoked one is a success. Access and ID tokens are checked by
 * their signature alone, so revoking one would be a promise that nobody keeps.
 *
 * Source: authentication-api 1.12, RFC 7009.
 *
 * @throws AppError `invalid_request`, `invalid_client` or `unsupported_token_type`
 */
export async function revoke(
  deps: Deps,
  tenant: Tenant,
  request: {
    authorization: string | undefined
    parameters: Readonly<Record<string, string | undefined>>
    onClient?: (client: Client) => void
  },
): Promise<void> {
  const { parameters } = request
  const { client } = await authenticateClient(tenant, {
    authorization: request.authorization,
    clientId: parameters.client_id,
    clientSecret: parameters.client_secret,
  })
  request.onClient?.(client)
  const token = requiredParameter(request, 'token')
  if (jwtShape.test(token)) throw new AppError('unsupported_token_type')
  await revokeRefreshToken(deps, tenant, client, token)
}
