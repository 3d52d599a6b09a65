import type { FastifyInstance, FastifyPluginAsync, HTTPMethods } from 'fastify'
import { AppError } from '../../base/app-error.ts'
import type { Deps } from '../../domain/deps.ts'
import { acceptBodies } from './bodies.ts'
import { allowCrossOrigin } from './cors.ts'
import { authenticationErrorHandler } from './errors.ts'
import { passwordlessRoutes } from './passwordless.ts'
import { revokeRoutes } from './revoke.ts'
import { tokenRoutes } from './token.ts'
import { userinfoRoutes } from './userinfo.ts'
import { wellKnownRoutes } from './well-known.ts'

/**
 * The Authentication API, to be registered without a prefix behind the hook that sets
 * `request.tenant`. One scope: its own bodies, errors, cross-origin rules and cache headers.
 */
export const authenticationApi: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  acceptBodies(app)
  app.setErrorHandler(authenticationErrorHandler(deps.log))
  allowCrossOrigin(app)
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' })
  })
  const methods = collectMethods(app)
  for (const routes of resources) await app.register(routes, { deps })
  refuseOtherMethods(app, methods)
}

/** The routes of each resource. */
const resources: readonly FastifyPluginAsync<{ deps: Deps }>[] = [
  tokenRoutes,
  passwordlessRoutes,
  userinfoRoutes,
  revokeRoutes,
  wellKnownRoutes,
]

const allMethods: readonly HTTPMethods[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]

/** Which methods each path has, filled while the routes register themselves. */
function collectMethods(app: FastifyInstance): ReadonlyMap<string, ReadonlySet<string>> {
  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url) ?? new Set()
    methods.set(url, known)
    for (const each of [method].flat()) known.add(each)
  })
  return methods
}

/** A wrong verb on a known path is 405, which also makes the routes that preflights need. */
function refuseOtherMethods(
  app: FastifyInstance,
  methods: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  for (const [url, known] of [...methods]) {
    const others = allMethods.filter((method) => !known.has(method))
    const allow = [...known, 'OPTIONS'].join(', ')
    app.route({
      method: others,
      url,
      // Before the body is read: nobody wants it.
      async onRequest(request, reply) {
        if (request.method === 'OPTIONS') return
        reply.header('allow', allow)
        throw new AppError('method_not_allowed')
      },
      handler: async () => undefined,
    })
  }
}
