import type { TSchema } from 'typebox'

/** What a route answers when it succeeds: a schema for each status, or null where there is no body. */
export type Replies = Readonly<Record<number, TSchema | null>>

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * What the route answers, by status; the API's document is made of it, and every answer that a test
     * gets is held to it. Nothing is filtered or converted by it. Refusals look alike on all routes and
     * stand here only where a route has one of its own.
     *
     * An object schema that does not say `additionalProperties` names all members that there can be.
     */
    reply?: Replies
    /** What the body holds, where a route reads it by hand; only the document asks. */
    readBody?: TSchema
  }
}
