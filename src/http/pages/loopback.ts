import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** Why a request may not see the inbox. */
export type Refusal = 'peer' | 'host'

/**
 * Whether a request comes from this machine, for a page of this machine.
 *
 * Three things are asked. The other end of the connection is a loopback address. No proxy stands in
 * between: one on this machine would make the whole internet look local. And the Host header names
 * this machine: a foreign page whose name was pointed at 127.0.0.1 (DNS rebinding) keeps its own name.
 *
 * @param allowedHosts further names of this server, as `name` or `name:port`
 */
export function refuseStranger(
  request: FastifyRequest,
  allowedHosts: readonly string[],
): Refusal | undefined {
  const { headers, raw } = request
  const forwarded = headers.forwarded ?? headers['x-forwarded-for'] ?? headers['x-real-ip']
  if (forwarded !== undefined || !isLoopback(raw.socket.remoteAddress ?? '')) return 'peer'
  return isKnownHost(headers.host ?? '', allowedHosts) ? undefined : 'host'
}

/** Whether an address is of this machine: 127.0.0.0/8, also written as IPv6, or ::1. */
export function isLoopback(address: string): boolean {
  const plain = address.toLowerCase().replace(/^::ffff:/, '')
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'))
}

function isKnownHost(header: string, allowedHosts: readonly string[]): boolean {
  const host = header.toLowerCase()
  const name = host.replace(/:\d*$/, '')
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  if (isLoopback(name.replace(/^\[(.*)\]$/, '$1'))) return true
  return allowedHosts.some((allowed) => [host, name].includes(allowed.toLowerCase()))
}
