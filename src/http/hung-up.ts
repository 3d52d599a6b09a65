import type { FastifyRequest } from 'fastify'

/**
 * Whether a request failed because its caller hung up before it had sent all of it. Nobody is left to
 * answer and nothing went wrong here; a failed connection to the database has the same code, but by
 * then the request has been read.
 */
export const hasHungUp = ({ raw }: FastifyRequest, error: Error): boolean =>
  !raw.complete && raw.destroyed && 'code' in error && error.code === 'ECONNRESET'
