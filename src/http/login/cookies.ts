import type { FastifyRequest } from 'fastify'

/** One cookie of a request; undefined where it was not sent. Ours hold base64url, so nothing is decoded. */
export function readCookie(request: Pick<FastifyRequest, 'headers'>, name: string) {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}
