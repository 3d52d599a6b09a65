import type { FastifyPluginAsync } from 'fastify'
import { AppError } from '../base/app-error.ts'
import type { Deps } from '../domain/deps.ts'
import { applyTwilioCallback } from '../domain/twilio-callbacks.ts'
import { hasHungUp } from './hung-up.ts'

const statusOf = { applied: 200, unchanged: 200, forbidden: 403, unknown: 404 } as const

/**
 * `POST /callbacks/twilio/{messages,calls}/{id}`: what became of a message at the carrier. The
 * signature is the access check. Answers carry no body that anybody could learn from.
 */
export const twilioCallbackRoutes: FastifyPluginAsync<{ deps: Deps }> = async (app, { deps }) => {
  app.removeAllContentTypeParsers()
  // The signature covers every parameter as it came, also one that comes twice.
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 32_768 },
    async (_request: unknown, body: string) => new URLSearchParams(body),
  )
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    // The one refusal that comes before the route: no tenant has the host.
    if (error instanceof AppError && error.code === 'tenant_unknown') {
      return reply.code(404).send({ error: 'not_found' })
    }
    const status = hasHungUp(request, error) ? 400 : (error.statusCode ?? 500)
    if (status >= 500)
      deps.log.error({ err: error, route: request.routeOptions.url }, 'callback failed')
    return reply.code(status).send({ error: status >= 500 ? 'server_error' : 'bad_request' })
  })

  for (const kind of ['messages', 'calls'] as const) {
    app.post<{ Params: { id: string } }>(
      `/callbacks/twilio/${kind}/:id`,
      async (request, reply) => {
        const signature = request.headers['x-twilio-signature']
        const result = await applyTwilioCallback(deps, request.tenant, {
          kind,
          id: request.params.id,
          params: request.body instanceof URLSearchParams ? request.body : new URLSearchParams(),
          signature: typeof signature === 'string' ? signature : '',
        })
        return reply.code(statusOf[result]).send({ result })
      },
    )
  }
}
