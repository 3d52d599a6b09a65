import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import { publicJwks } from '../domain/signing-keys.ts'
import type { Client, Tenant } from '../domain/tenant.ts'

/** What an ID token that comes as a hint tells: whose it was, and of which session. */
export type LogoutHint = { client: Client; sid: string | undefined }

/** Longer values are no tokens of ours. */
const longestToken = 16_384

/**
 * Reads `id_token_hint`. It may have expired: a person who comes back after a day may log out as well.
 *
 * @returns undefined for a token that this tenant never made
 */
export async function readLogoutHint(
  tenant: Tenant,
  token: string,
  nowMs: number,
): Promise<LogoutHint | undefined> {
  if (token.length > longestToken) return undefined
  try {
    const { aud, iat } = decodeJwt(token)
    const client = typeof aud === 'string' ? await tenant.client(aud) : undefined
    if (client === undefined || iat === undefined) return undefined
    const options = {
      ...{ issuer: tenant.issuer, audience: client.clientId },
      currentDate: new Date(iat * 1000),
    }
    const { payload } =
      decodeProtectedHeader(token).alg === 'HS256'
        ? await jwtVerify(token, secretOf(client), { ...options, algorithms: ['HS256'] })
        : // The type wants `kty` named; ours are exported keys, which have it.
          await jwtVerify(
            token,
            createLocalJWKSet(publicJwks(tenant, nowMs) as Parameters<typeof createLocalJWKSet>[0]),
            options,
          )
    return { client, sid: typeof payload.sid === 'string' ? payload.sid : undefined }
  } catch (error) {
    // What is no JWT at all is a TypeError there.
    if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
    throw error
  }
}

function secretOf({ secret, document }: Client): Uint8Array {
  const settings = document.jwt_configuration as { secret_encoded?: boolean } | undefined // checked when written
  return Buffer.from(secret, settings?.secret_encoded === true ? 'base64url' : 'utf8')
}
