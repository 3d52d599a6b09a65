import type { FastifyInstance } from 'fastify'
import type { TSchema } from 'typebox'
import type { Replies } from '../replies.ts'

/** One method of one route, as the document tells of it. */
export type DocumentedRoute = {
  method: string
  /** As it was registered: `/api/v2/users/:id`. */
  url: string
  summary: string
  /** Any one of these lets a token in; undefined outside the Management API. */
  scopes: readonly string[] | undefined
  /** One of these besides, where there are any. */
  alsoScopes: readonly string[] | undefined
  params: TSchema | undefined
  query: TSchema | undefined
  body: TSchema | undefined
  replies: Replies
}

/** Neither is an operation of its own. */
const silentMethods = new Set(['HEAD', 'OPTIONS'])

/**
 * Lists, from now on, each route of `app` and its children that names its replies. The list is filled
 * while they register, so it is complete once the server is ready.
 */
export function collectRoutes(app: FastifyInstance): readonly DocumentedRoute[] {
  const routes: DocumentedRoute[] = []
  app.addHook('onRoute', ({ method, url, config, schema }) => {
    if (config?.reply === undefined) return
    for (const each of [method].flat().filter((name) => !silentMethods.has(name))) {
      routes.push({
        method: each,
        url,
        summary: schema?.summary ?? '',
        scopes: config.scopes,
        alsoScopes: config.alsoScopes,
        // Every schema here is one of TypeBox.
        params: schema?.params as TSchema | undefined,
        query: schema?.querystring as TSchema | undefined,
        body: (schema?.body as TSchema | undefined) ?? config.readBody,
        replies: config.reply,
      })
    }
  })
  return routes
}
