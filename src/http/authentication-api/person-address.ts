import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Client } from '../../domain/tenant.ts'

/**
 * The address of the person behind a request. `auth0-forwarded-for` counts only from a confidential
 * client that proved itself in this very request and has the flag for it; from anybody else it would
 * be a way around the limits.
 *
 * Source: authentication-api 0.5.
 */
export function personAddress(request: FastifyRequest, client: Client, proved: boolean): string {
  const named = request.headers['auth0-forwarded-for']
  const trusted = proved && client.document.is_token_endpoint_ip_header_trusted === true
  if (!trusted || typeof named !== 'string') return request.ip
  const first = named.split(',')[0]?.trim() ?? ''
  return isIP(first) === 0 ? request.ip : first
}
