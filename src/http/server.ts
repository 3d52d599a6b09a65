import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifySchemaCompiler,
} from 'fastify'
import type { TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { AppError } from '../base/app-error.ts'
import type { Deps } from '../domain/deps.ts'
import { listInbox } from '../domain/inbox.ts'
import type { Tenants } from '../domain/tenant.ts'
import { collectRoutes } from './api-document/collect-routes.ts'
import { apiDocumentRoutes } from './api-document/routes.ts'
import { authenticationApi } from './authentication-api/index.ts'
import { avatarRoute } from './avatar.ts'
import { hasHungUp } from './hung-up.ts'
import { loginPages } from './login/index.ts'
import { managementApi } from './management-api/index.ts'
import { operationsRoutes, type Readiness } from './operations.ts'
import { demoPageRoutes } from './pages/demo-page.ts'
import { homePageRoutes } from './pages/home-page.ts'
import { inboxPageRoutes } from './pages/inbox-page.ts'
import { tenantHook } from './tenant.ts'
import { twilioCallbackRoutes } from './twilio-callbacks.ts'

export type ServerOptions = {
  tls: { cert: string; key: string } | undefined
  trustProxy: boolean | string | number
  /** Names of this server that the pages answer on besides localhost. */
  allowedHosts: string[]
  readiness: Readiness
  /** False until the database is migrated and the first tenant stands, and while draining. */
  isServing: () => boolean
  metricsText: () => Promise<string>
  /** Called once for each answered request; the route is its pattern, never the address itself. */
  onAnswered: (answered: {
    method: string
    route: string
    status: number
    elapsedMs: number
  }) => void
}

/** Fastify's types know a number of hops only in this form. */
const trustedHops = (trusted: boolean | string | number) =>
  typeof trusted === 'number' ? (_address: string, hop: number) => hop < trusted : trusted

/** The HTTP server with all its surfaces, not yet listening. */
export async function buildServer(
  deps: Deps,
  tenants: Tenants,
  options: ServerOptions,
): Promise<FastifyInstance> {
  const app = Fastify({
    ...(options.tls !== undefined && { https: options.tls }),
    // Its request lines would hold addresses with numbers in their query; `onAnswered` logs instead.
    logger: false,
    trustProxy: trustedHops(options.trustProxy),
    bodyLimit: 1_048_576,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 700 },
  }) as unknown as FastifyInstance // The https server's type differs in members that nobody here uses.

  app.addHook('onResponse', async (request, reply) =>
    options.onAnswered({
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      elapsedMs: reply.elapsedTime,
    }),
  )
  // Before the scopes: each takes over what its parent has at that moment.
  app.setNotFoundHandler((_request, reply) => sendNotFound(reply))
  app.setErrorHandler((error: FastifyError | AppError, request, reply) => {
    // The one refusal that the hooks of this scope make.
    if (error instanceof AppError && error.code === 'tenant_unknown') return sendNotFound(reply)
    const told = 'statusCode' in error ? error.statusCode : undefined
    const status = hasHungUp(request, error) ? 400 : (told ?? 500)
    if (status >= 500)
      deps.log.error({ err: error, route: request.routeOptions.url }, 'request failed')
    return reply.code(status).send({
      error: status >= 500 ? 'server_error' : 'invalid_request',
      error_description: status >= 500 ? 'Internal error' : 'The request is malformed.',
    })
  })
  closeSilentConnections(app)
  operationsRoutes(app, options)

  const surfaces: FastifyPluginAsync = async (serving) => {
    serving.addHook('onRequest', async (_request, reply) => {
      if (options.isServing()) return
      return reply
        .code(503)
        .headers({ 'retry-after': '2', connection: 'close' })
        .send({ error: 'temporarily_unavailable', error_description: 'The server is not ready.' })
    })
    serving.addHook('onRequest', tenantHook(tenants))
    serving.setValidatorCompiler(checkSchema)
    const documented = collectRoutes(serving)
    await serving.register(authenticationApi, { deps })
    await serving.register(loginPages, { deps })
    await serving.register(managementApi, { deps, prefix: '/api/v2' })
    await serving.register(apiDocumentRoutes, { documented })
    await serving.register(twilioCallbackRoutes, { deps })
    avatarRoute(serving)
    await serving.register(homePageRoutes, {
      enabled: !deps.options.production,
      inbox: deps.options.inbox,
    })
    await serving.register(demoPageRoutes, {
      enabled: !deps.options.production,
      inbox: deps.options.inbox,
    })
    await serving.register(inboxPageRoutes, {
      enabled: deps.options.inbox,
      allowedHosts: options.allowedHosts,
      listInbox: (query, request) => listInbox(deps, request.tenant, query),
    })
  }
  await app.register(surfaces)
  return app
}

/** For the few small schemas outside the Management API: no start has to wait for a compiler. */
const checkSchema: FastifySchemaCompiler<TSchema> =
  ({ schema, httpPart }) =>
  (value: unknown) =>
    Check(schema, value) ? { value } : { error: new Error(`${httpPart} is malformed`) }

const sendNotFound = (reply: FastifyReply): FastifyReply =>
  reply.code(404).send({ error: 'not_found', error_description: 'Not Found' })

/**
 * Closes every connection once the last answer is out. A browser opens connections in advance and says
 * nothing on them; Node takes them for active, and a stop would wait for their time-out.
 */
function closeSilentConnections(app: FastifyInstance): void {
  let answering = 0
  let watching: NodeJS.Timeout | undefined
  app.addHook('onRequest', async () => {
    answering += 1
  })
  app.addHook('onResponse', async () => {
    answering -= 1
  })
  app.addHook('preClose', async () => {
    watching = setInterval(() => {
      if (answering <= 0) app.server.closeAllConnections()
    }, 50)
  })
  app.addHook('onClose', async () => clearInterval(watching))
}
