/** Long enough for a handshake around the world, far below the time that a carrier has to answer. */
const connectTimeoutMs = 4000

/**
 * `fetch` for requests to carriers, with connections that are kept and a limit of its own for opening
 * one: a network that swallows packets is then a connection that failed, which may be tried again, and
 * not a request whose result nobody knows.
 */
export function createOutgoingFetch(): typeof fetch {
  let loading: Promise<typeof fetch> | undefined
  return async (input, init) => {
    loading ??= load()
    const outgoing = await loading
    return outgoing(input, init)
  }
}

/** Loaded with the first request that leaves: an installation with nothing but an inbox never does. */
async function load(): Promise<typeof fetch> {
  const { Agent, fetch: undiciFetch } = await import('undici')
  const dispatcher = new Agent({ connect: { timeout: connectTimeoutMs }, keepAliveTimeout: 30_000 })
  const outgoing = (input: Parameters<typeof undiciFetch>[0], init?: object) =>
    undiciFetch(input, { ...init, dispatcher })
  // The package's types and the platform's describe the same standard.
  return outgoing as unknown as typeof fetch
}
