import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'

/** What the operator's routes tell of a process; read anew at each request. */
export type Readiness = () => Promise<{
  database: boolean
  migrations: boolean
  draining: boolean
  /** How well Actions are kept apart; false: too little to run any; undefined: not measured. */
  actions_isolation: string | false | undefined
}>

const ReadyReply = Type.Object({
  ready: Type.Boolean(),
  checks: Type.Object({
    database: Type.Boolean(),
    migrations: Type.Boolean(),
    draining: Type.Boolean(),
    actions_isolation: Type.Optional(Type.Union([Type.String(), Type.Literal(false)])),
  }),
})

/**
 * `/livez`, `/readyz` (product D4) and `/metrics`, on any host: they ask no tenant and need no token,
 * so an operator keeps them from the outside by the address they are served on.
 */
export function operationsRoutes(
  app: FastifyInstance,
  { readiness, metricsText }: { readiness: Readiness; metricsText: () => Promise<string> },
): void {
  app.get('/livez', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return { alive: true }
  })

  app.get(
    '/readyz',
    { schema: { response: { 200: ReadyReply, 503: ReadyReply } } },
    async (_request, reply) => {
      const checks = await readiness()
      const ready = checks.database && checks.migrations && !checks.draining
      return reply
        .code(ready ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ ready, checks })
    },
  )

  app.get('/metrics', async (_request, reply) =>
    reply
      .header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(await metricsText()),
  )
}
