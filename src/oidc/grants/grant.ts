import { AppError } from '../../base/app-error.ts'
import type { TokenReply } from '../../contract/tokens.ts'
import type { Deps } from '../../domain/deps.ts'
import type { Client, Tenant } from '../../domain/tenant.ts'

/** A token request whose client is known and may use the grant. */
export type GrantRequest = {
  client: Client
  /** The client's secret came with this request and was right. */
  proved: boolean
  /** The body, every value one text; unknown ones are there and ignored. */
  parameters: Readonly<Record<string, string | undefined>>
  /** Undefined when no scope was asked for. */
  scopes: readonly string[] | undefined
  /** The person's address, also behind a confidential client. */
  ip: string
  userAgent: string
}

/** One way to get tokens; a file of this folder each. */
export type Grant = {
  /** `grant_type`. */
  name: string
  handle(deps: Deps, tenant: Tenant, request: GrantRequest): Promise<TokenReply>
}

/** @throws AppError `invalid_request` when the parameter is missing or empty */
export function requiredParameter(request: Pick<GrantRequest, 'parameters'>, name: string): string {
  const value = request.parameters[name]
  if (value !== undefined && value !== '') return value
  throw new AppError('invalid_request', { message: `Missing required parameter: ${name}` })
}

/** What every log entry of a grant says. */
export const grantLog = ({ client, ip, userAgent }: GrantRequest) => ({
  client_id: client.clientId,
  client_name: client.name,
  ip,
  user_agent: userAgent,
})

/** @throws AppError `unauthorized_client`, in the words that SDKs show */
export function refuseGrant(name: string): never {
  throw new AppError('unauthorized_client', {
    message: `Grant type '${name}' not allowed for the client.`,
  })
}
