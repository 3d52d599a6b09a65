import { importPKCS8, SignJWT } from 'jose'
import { Tenants } from '../src/domain/tenant.ts'
import type { TestServer } from './harness.ts'

/**
 * An access token for the Management API that the tenant signed, of its admin client.
 *
 * @param claims `scope`, and those that shall be other than they should be
 */
export async function signedToken(
  server: TestServer,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const tenant = await new Tenants(server.app.deps).byId(server.tenant.name)
  const key = tenant?.signingKeys.find(({ state, alg }) => state === 'current' && alg === 'RS256')
  if (tenant === undefined || key === undefined) throw new Error('no tenant or no key')
  const now = Math.floor(server.clock.now() / 1000)
  return new SignJWT({
    iss: tenant.issuer,
    aud: `${tenant.url}/api/v2/`,
    sub: `${server.admin.clientId}@clients`,
    azp: server.admin.clientId,
    gty: 'client-credentials',
    iat: now,
    exp: now + 3600,
    jti: 'token-1',
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid: key.kid })
    .sign(await importPKCS8(key.privateKeyPem, 'RS256'))
}
