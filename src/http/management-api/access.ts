import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { errors, importJWK, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { AppError } from '../../base/app-error.ts'
import type { Deps } from '../../domain/deps.ts'
import type { Tenant } from '../../domain/tenant.ts'

/** Who calls, by a verified token. */
export type Access = {
  clientId: string
  scopes: ReadonlySet<string>
  jti: string | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    access: Access
  }
  interface FastifyContextConfig {
    /** Any one of these lets a token in. Every route of the Management API names them. */
    scopes?: readonly string[]
    /** Where one scope is not enough: one of these besides. */
    alsoScopes?: readonly string[]
  }
}

/**
 * Lets in requests whose bearer token holds one of the route's scopes, and puts what the token says
 * on `request.access`. Unknown routes pass, to be answered 404.
 *
 * @throws Error at registration for a route that names no scopes
 */
export function requireAccess(app: FastifyInstance, deps: Deps): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.scopes === undefined) throw new Error(`${method} ${url} names no scopes`)
  })
  app.addHook('onRequest', async (request) => {
    if (request.is404) return
    request.access = await authenticate(deps, request)
    const { scopes, alsoScopes } = request.routeOptions.config
    for (const wanted of [scopes ?? [], ...(alsoScopes === undefined ? [] : [alsoScopes])]) {
      if (wanted.some((scope) => request.access.scopes.has(scope))) continue
      throw new AppError('insufficient_scope', {
        message: `Insufficient scope, expected any of: ${wanted.join(',')}`,
      })
    }
  })
}

async function authenticate(deps: Deps, request: FastifyRequest): Promise<Access> {
  const header = request.headers.authorization
  if (header === undefined || header === '') throw new AppError('authentication_missing')
  const [, token] = /^Bearer +([^\s]+)$/i.exec(header) ?? []
  if (token === undefined) throw new AppError('bad_authentication_header')
  const { tenant } = request
  const access = await verifyOnce(deps, tenant, token)
  if ((await tenant.client(access.clientId)) === undefined) throw new AppError('invalid_token')
  return access
}

type Verified = { access: Access; expiresAtMs: number }

const verifiedTokens = Symbol('verified tokens')
const maxVerifiedTokens = 1000

/**
 * Checks a signature once for each version of the tenant's settings: a client sends the same token
 * with every request. Kept by hash, least recently used out first.
 */
async function verifyOnce(deps: Deps, tenant: Tenant, token: string): Promise<Access> {
  const known = cacheOf(tenant)
  const key = createHash('sha256').update(token).digest('base64')
  const cached = known.get(key)
  if (cached !== undefined) {
    if (cached.expiresAtMs <= deps.clock.now()) throw new AppError('expired_token')
    known.delete(key)
    known.set(key, cached)
    return cached.access
  }
  const verified = await verify(deps, tenant, token)
  known.set(key, verified)
  const oldest = known.keys().next().value
  if (known.size > maxVerifiedTokens && oldest !== undefined) known.delete(oldest)
  return verified.access
}

function cacheOf(tenant: Tenant): Map<string, Verified> {
  const existing = tenant.derived.get(verifiedTokens)
  if (existing !== undefined) return existing as Map<string, Verified> // only set below
  const created = new Map<string, Verified>()
  tenant.derived.set(verifiedTokens, created)
  return created
}

async function verify(deps: Deps, tenant: Tenant, token: string): Promise<Verified> {
  let payload: JWTPayload
  try {
    ;({ payload } = await jwtVerify(token, keyOf(tenant), {
      algorithms: ['RS256', 'ES256'],
      issuer: tenant.issuer,
      audience: `${tenant.url}/api/v2/`,
      currentDate: new Date(deps.clock.now()),
      requiredClaims: ['exp', 'sub'],
    }))
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new AppError('expired_token')
    if (error instanceof errors.JWSSignatureVerificationFailed) {
      throw new AppError('invalid_signature')
    }
    if (error instanceof errors.JOSEError) throw new AppError('invalid_token', { cause: error })
    throw error
  }
  // A person's token has the same issuer and may have the same audience; only a client's own may pass.
  const [, clientId] = /^(.+)@clients$/.exec(payload.sub ?? '') ?? []
  if (clientId === undefined || payload.exp === undefined) throw new AppError('invalid_token')
  return {
    access: {
      clientId,
      scopes: new Set(typeof payload.scope === 'string' ? payload.scope.split(' ') : []),
      jti: payload.jti,
    },
    expiresAtMs: payload.exp * 1000,
  }
}

const keyOf =
  (tenant: Tenant): JWTVerifyGetKey =>
  ({ kid, alg }) => {
    const key = tenant.signingKeys.find((candidate) => candidate.kid === kid)
    if (key === undefined || key.alg !== alg) throw new errors.JWKSNoMatchingKey()
    return importJWK(key.public_jwk, key.alg)
  }
