import { AppError } from '../base/app-error.ts'
import type { mfaScopes } from '../contract/mfa.ts'
import type { Deps } from '../domain/deps.ts'
import { type MfaTransaction, readMfaTransaction } from '../domain/mfa-transactions.ts'
import type { Client, Tenant } from '../domain/tenant.ts'
import { readApiToken } from './access-token.ts'
import { mfaAudience } from './scopes.ts'

/** Who manages factors: by an `mfa_token`, or by an access token for `PUBLIC_URL/mfa/`. */
export type MfaBearer = MfaTransaction & { clientId: string; by: 'mfa_token' | 'access_token' }

/**
 * Reads the token of a request about factors. The two kinds tell each other apart by their form: only an
 * access token has dots.
 *
 * @param ask.scope what an access token must hold
 * @param ask.client whom an `mfa_token` must have been issued to, where that is known
 * @throws AppError `invalid_token`, `invalid_grant`, `mfa_expired`
 */
export async function readMfaBearer(
  deps: Deps,
  tenant: Tenant,
  token: string,
  ask: { scope: (typeof mfaScopes)[number]; client?: Client | undefined },
): Promise<MfaBearer> {
  if (!token.includes('.')) {
    return { ...(await readMfaTransaction(deps, tenant, token, ask.client)), by: 'mfa_token' }
  }
  const access = await readApiToken(deps, tenant, token, mfaAudience(tenant))
  if (access === undefined || !access.scopes.includes(ask.scope))
    throw new AppError('invalid_token')
  if (ask.client !== undefined && ask.client.clientId !== access.clientId) {
    throw new AppError('invalid_grant', { message: 'mfa_token not issued to this client' })
  }
  return {
    hash: null,
    userId: access.subject,
    clientId: access.clientId,
    owner: `person/${access.subject}`,
    by: 'access_token',
    request: {
      scopes: access.scopes,
      audience: mfaAudience(tenant),
      connection: '',
      grantType: 'access_token',
    },
  }
}

/** @throws AppError `invalid_token` where the header is none */
export function bearerOf(authorization: string | undefined): string {
  const token = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) throw new AppError('invalid_token')
  return token
}
