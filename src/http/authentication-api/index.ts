import type {
  FastifyContextConfig,
  FastifyInstance,
  FastifyPluginAsync,
  HTTPMethods,
} from 'fastify'
import { AppError } from '../../base/app-error.ts'
import type { Deps } from '../../domain/deps.ts'
import { acceptBodies } from './bodies.ts'
import { coAuthenticateRoutes } from './co-authenticate.ts'
import { allowCrossOrigin } from './cors.ts'
import { authenticationErrorHandler } from './errors.ts'
import { mfaRoutes } from './mfa.ts'
import { passwordlessRoutes } from './passwordless.ts'
import { passwordlessVerifyRoutes } from './passwordless-verify.ts'
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
  const paths = collectPaths(app)
  for (const routes of resources) await app.register(routes, { deps })
  refuseOtherMethods(app, paths)
}

/** The routes of each resource. */
const resources: readonly FastifyPluginAsync<{ deps: Deps }>[] = [
  tokenRoutes,
  passwordlessRoutes,
  passwordlessVerifyRoutes,
  coAuthenticateRoutes,
  mfaRoutes,
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

/** What a path has: its methods, and the settings that they share. */
type Path = { methods: Set<string>; config: FastifyContextConfig }

/** Filled while the routes register themselves. */
function collectPaths(app: FastifyInstance): ReadonlyMap<string, Path> {
  const paths = new Map<string, Path>()
  app.addHook('onRoute', ({ url, method, config }) => {
    const path = paths.get(url) ?? { methods: new Set(), config: config ?? {} }
    paths.set(url, path)
    for (const each of [method].flat()) path.methods.add(each)
  })
  return paths
}

/** A wrong verb on a known path is 405, which also makes the routes that preflights need. */
function refuseOtherMethods(app: FastifyInstance, paths: ReadonlyMap<string, Path>): void {
  for (const [url, { methods, config }] of [...paths]) {
    const others = allMethods.filter((method) => !methods.has(method))
    const allow = [...methods, 'OPTIONS'].join(', ')
    // What the path answers is answered by its own methods only.
    const { reply: _, readBody: __, ...shared } = config
    app.route({
      method: others,
      url,
      config: shared,
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
