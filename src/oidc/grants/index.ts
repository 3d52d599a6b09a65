import { AppError } from '../../base/app-error.ts'
import { knownGrantTypes, type TokenReply } from '../../contract/tokens.ts'
import type { Deps } from '../../domain/deps.ts'
import type { Client, Tenant } from '../../domain/tenant.ts'
import { authenticateClient } from '../client-authentication.ts'
import { parseScope } from '../scopes.ts'
import { authorizationCode } from './authorization-code.ts'
import { clientCredentials } from './client-credentials.ts'
import { type Grant, refuseGrant, requiredParameter } from './grant.ts'
import { mfaOob, mfaOtp, mfaRecoveryCode } from './mfa.ts'
import { password, passwordRealm } from './password.ts'
import { passwordlessOtp } from './passwordless-otp.ts'
import { refreshToken } from './refresh-token.ts'

/** Every grant that this server answers. A new one is a file and a line. */
const grants: readonly Grant[] = [
  authorizationCode,
  passwordlessOtp,
  password,
  passwordRealm,
  refreshToken,
  clientCredentials,
  mfaOob,
  mfaOtp,
  mfaRecoveryCode,
]

/** `grant_types_supported`. */
export const supportedGrantTypes: readonly string[] = grants.map((grant) => grant.name)

const grantsByName: ReadonlyMap<string, Grant> = new Map(grants.map((grant) => [grant.name, grant]))

/** A request to the token endpoint, its body read and nothing of it judged. */
export type TokenRequest = {
  authorization: string | undefined
  /** Every value one text; a list of scopes is joined by blanks. */
  parameters: Readonly<Record<string, string | undefined>>
  /** The person's address; asked once the client is known. */
  addressFor: (client: Client, proved: boolean) => string
  userAgent: string
  /** Called as soon as the client is known, also when it is refused then. */
  onClient?: (client: Client) => void
}

/**
 * The token endpoint: the client, then whether it may use the grant, then the grant.
 *
 * Source: authentication-api 1.3.
 *
 * @throws AppError `invalid_request`, `unsupported_grant_type`, `invalid_client`,
 *   `unauthorized_client` and what the grant refuses
 */
export async function exchangeForTokens(
  deps: Deps,
  tenant: Tenant,
  request: TokenRequest,
): Promise<TokenReply> {
  const { parameters } = request
  const name = requiredParameter(request, 'grant_type')
  const grant = grantsByName.get(name)
  if (grant === undefined && !knownGrantTypes.has(name)) {
    throw new AppError('unsupported_grant_type')
  }
  const { client, proved } = await authenticateClient(tenant, {
    authorization: request.authorization,
    clientId: parameters.client_id,
    clientSecret: parameters.client_secret,
  })
  request.onClient?.(client)
  const allowed = client.document.grant_types as readonly string[] | undefined // checked when written
  if (grant === undefined || allowed?.includes(name) !== true) refuseGrant(name)
  return grant.handle(deps, tenant, {
    client,
    proved,
    parameters,
    scopes: parameters.scope === undefined ? undefined : parseScope(parameters.scope),
    ip: request.addressFor(client, proved),
    userAgent: request.userAgent,
  })
}
