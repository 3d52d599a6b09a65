import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../domain/deps.ts'
import { tenantTheme } from './screen.ts'

/** The style sheet of the tenant's branding; its address changes with the tenant's settings. */
export function themeRoute(app: FastifyInstance, deps: Deps): void {
  app.get<{ Params: { version: string } }>('/u/theme/:version', async (request, reply) => {
    const { tenant, params } = request
    const { css } = await tenantTheme(deps, tenant)
    const isCurrent = params.version === `${tenant.version}.css`
    return reply
      .header('cache-control', isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache')
      .header('x-content-type-options', 'nosniff')
      .type('text/css; charset=utf-8')
      .send(css)
  })
}
