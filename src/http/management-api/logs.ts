import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError } from '../../base/app-error.ts'
import { offsetList } from '../../contract/lists.ts'
import { LogFields, LogView } from '../../contract/log-view.ts'
import type { Deps } from '../../domain/deps.ts'
import { getTenantLog, readLogsAfter, searchLogs } from '../../domain/tenant-log-search.ts'
import {
  checkpointQuery,
  fieldsQuery,
  offsetBody,
  offsetPage,
  offsetQuery,
  reachableRows,
  selectFields,
} from './paging.ts'

const scopes = ['read:logs', 'read:logs_users']

const longestSearch = 3000

const LogsQuery = Type.Object({
  ...offsetQuery,
  ...fieldsQuery,
  ...checkpointQuery,
  sort: Type.Optional(Type.String({ pattern: '^[A-Za-z_.]{1,50}:-?1$' })),
  q: Type.Optional(Type.String({ maxLength: longestSearch })),
  search: Type.Optional(Type.String({ maxLength: longestSearch })),
})

/** `/logs`: the tenant log, in pages or for a reader who goes on from the last id. */
export const logRoutes: FastifyPluginAsyncTypebox<{ deps: Deps }> = async (app, { deps }) => {
  app.get(
    '/logs',
    {
      config: { scopes, reply: { 200: offsetList('logs', LogFields, { length: true }) } },
      schema: { summary: 'Search log events', querystring: LogsQuery },
      // Before the check of the schema, which would say the same with another status.
      preValidation: async ({ query }) => {
        const { q, search } = query as { q?: unknown; search?: unknown } // not checked yet
        if (String(q ?? search ?? '').length > longestSearch) throw new AppError('search_too_long')
      },
    },
    async ({ tenant, query }, reply) => {
      if (query.from !== undefined) {
        const take = query.take ?? 50
        const logs = await readLogsAfter(deps, tenant, { fromId: query.from, take })
        const last = logs.at(-1)?.log_id ?? query.from
        const next = new URLSearchParams({ from: String(last), take: String(take) })
        reply.header('link', `<${tenant.url}/api/v2/logs?${next}>; rel="next"`)
        return logs.map((log) => selectFields(log, query))
      }
      // Without a position `take` is another word for the size of the first page.
      const perPage = query.per_page ?? query.take
      const page = offsetPage(
        { ...query, ...(perPage !== undefined && { per_page: perPage }) },
        { reach: reachableRows },
      )
      const { logs, total } = await searchLogs(deps, tenant, {
        search: query.q ?? query.search,
        sort: query.sort,
        start: page.start,
        limit: page.limit,
        withTotal: page.includeTotals,
      })
      const shown = logs.map((log) => selectFields(log, query))
      return offsetBody(page, { key: 'logs', length: true }, shown, total)
    },
  )

  app.get(
    '/logs/:id',
    {
      config: { scopes, reply: { 200: LogView } },
      schema: {
        summary: 'Get a log event by id',
        params: Type.Object({ id: Type.String() }),
      },
    },
    async ({ tenant, params }) => getTenantLog(deps, tenant, params.id),
  )
}
