import { Agent, fetch as undiciFetch } from 'undici'

/** Long enough for a handshake around the world, far below the time that a carrier has to answer. */
const connectTimeoutMs = 4000

/**
 * `fetch` for requests to carriers, with connections that are kept and a limit of its own for opening
 * one: a network that swallows packets is then a connection that failed, which may be tried again, and
 * not a request whose result nobody knows.
 */
export function createOutgoingFetch(): typeof fetch {
  const dispatcher = new Agent({ connect: { timeout: connectTimeoutMs }, keepAliveTimeout: 30_000 })
  const outgoing = (input: Parameters<typeof undiciFetch>[0], init?: object) =>
    undiciFetch(input, { ...init, dispatcher })
  // The package's types and the platform's describe the same standard.
  return outgoing as unknown as typeof fetch
}
