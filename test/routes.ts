import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyInstance } from 'fastify'
import type { TSchema } from 'typebox'
import type { Replies } from '../src/http/replies.ts'

/** One method of one route, with its pattern as it was registered: `/api/v2/users/:id`. */
export type ServedRoute = {
  method: string
  url: string
  /** The scopes that let a token in; undefined outside the Management API. */
  scopes: readonly string[] | undefined
  /** One of these besides, where there are any. */
  alsoScopes: readonly string[] | undefined
  /** What it says that it answers, where it does. */
  replies: Replies | undefined
  /** What the route checks a request against, where it does. */
  body: TSchema | undefined
  query: TSchema | undefined
}

/**
 * Runs `build` and returns, beside its result, every route that the Fastify instances made by it
 * serve. The routes tell it themselves: Fastify announces each new instance on a diagnostics channel
 * before anything is registered, so no route can be missed and none must be listed by hand.
 */
export async function collectRoutes<T>(
  build: () => Promise<T>,
): Promise<{ built: T; routes: ServedRoute[] }> {
  const routes: ServedRoute[] = []
  const onInstance = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance } // what the channel is documented to carry
    fastify.addHook('onRoute', ({ method, url, config, schema }) => {
      for (const each of [method].flat()) {
        routes.push({
          method: each,
          url,
          scopes: config?.scopes,
          alsoScopes: config?.alsoScopes,
          replies: config?.reply,
          body: schema?.body as TSchema | undefined, // every schema here is one of TypeBox
          query: schema?.querystring as TSchema | undefined,
        })
      }
    })
  }
  subscribe('fastify.initialization', onInstance)
  try {
    return { built: await build(), routes }
  } finally {
    unsubscribe('fastify.initialization', onInstance)
  }
}
