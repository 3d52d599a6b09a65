import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { DailyStats, DailyStatsQuery } from '../../contract/stats.ts'
import type { Deps } from '../../domain/deps.ts'
import { getActiveUsers, getDailyStats } from '../../domain/stats.ts'

const scopes = ['read:stats']

/** `/stats`: how many people sign in. */
export const statsRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (app, { deps }) => {
  app.get(
    '/stats/active-users',
    {
      config: { scopes, reply: { 200: Type.Integer() } },
      schema: { summary: 'Get active users count' },
    },
    // A number alone is no body to Fastify: it would be sent as text.
    async ({ tenant }, reply) =>
      reply
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(await getActiveUsers(deps, tenant))),
  )

  app.get(
    '/stats/daily',
    {
      config: { scopes, reply: { 200: Type.Array(DailyStats) } },
      schema: { summary: 'Get daily stats', querystring: DailyStatsQuery },
    },
    async ({ tenant, query }) => getDailyStats(deps, tenant, query),
  )
}
