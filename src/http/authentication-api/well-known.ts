import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { DiscoveryReply, JwksReply } from '../../contract/authentication-bodies.ts'
import type { Deps } from '../../domain/deps.ts'
import { oidcProvider } from '../../oidc/provider.ts'
import { corsHeaders } from './cors.ts'

/** Rotated keys are known to verifiers after this long at the latest; the next key is known before. */
const cacheControl = 'public, max-age=15, stale-while-revalidate=15'

/** Discovery and JWKS, answered by oidc-provider. */
export const wellKnownRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  const replies = {
    '/.well-known/openid-configuration': DiscoveryReply,
    '/.well-known/oauth-authorization-server': DiscoveryReply,
    '/.well-known/jwks.json': JwksReply,
  }
  for (const [url, reply] of Object.entries(replies)) {
    const summary =
      reply === JwksReply ? 'The keys that tokens are signed with' : 'What this server can do'
    app.get(
      url,
      { config: { cors: 'any', reply: { 200: reply } }, schema: { summary } },
      async (request, reply) => handOver(deps, request, reply),
    )
  }
}

/**
 * Gives the raw request to the library. Headers that Fastify's reply holds are lost on this way, so
 * they are set on the raw one. `Accept` is taken away: errors of an API are JSON.
 */
async function handOver(deps: Deps, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const provider = await oidcProvider(deps, request.tenant)
  reply.hijack()
  for (const [name, value] of Object.entries(corsHeaders(request))) reply.raw.setHeader(name, value)
  reply.raw.setHeader('cache-control', cacheControl)
  request.raw.headers.accept = 'application/json'
  await provider.callback()(request.raw, reply.raw)
}
