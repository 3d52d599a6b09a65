import { lookup as resolve } from 'node:dns/promises'
import { EgressRefused, type EgressRules, type Lookup, resolveAll } from '../base/egress-rules.ts'
import type { TenantFetch } from '../base/tenant-fetch.ts'

/** One connection has this long to come about, the look-up of its name included. */
const connectTimeoutMs = 5000
const readBytes = 64 * 1024

/**
 * `TenantFetch` over the network. Each new connection is judged: the name is looked up, all of its
 * addresses are checked, and the connection goes to these and not to the name, which might have changed
 * its mind meanwhile.
 *
 * @param options.lookup resolves names; of the system when absent
 */
export function createTenantFetch(options: { rules: EgressRules; lookup?: Lookup }): TenantFetch {
  let loading: Promise<TenantFetch> | undefined
  return async (url, request) => {
    loading ??= load(options)
    const send = await loading
    return send(url, request)
  }
}

/** Loaded with the first request: most installations have no address of a tenant to ask. */
async function load({
  rules,
  lookup = (host) => resolve(host, { all: true }),
}: {
  rules: EgressRules
  lookup?: Lookup
}): Promise<TenantFetch> {
  const { Agent, buildConnector, request } = await import('undici')
  const dispatcher = new Agent({
    keepAliveTimeout: 10_000,
    connect(target, callback) {
      const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80)
      const started = performance.now()
      judged({ rules, lookup }, target.hostname, port).then(
        (addresses) => {
          const connect = buildConnector({
            timeout: Math.max(1, connectTimeoutMs - (performance.now() - started)),
            autoSelectFamily: true,
            // The name is never resolved again.
            lookup: (_host, { all }, found) => {
              const [first] = addresses
              if (all === true) found(null, addresses)
              else found(null, first?.address ?? '', first?.family ?? 4)
            },
          })
          connect(target, callback)
        },
        (error: Error) => callback(error, null),
      )
    },
  })
  return async (url, { method, headers, body, signal }) => {
    try {
      const answer = await request(url, {
        ...{ dispatcher, method, headers, signal },
        body: body ?? null,
      })
      // It breaks when the signal is aborted, read or not.
      answer.body.on('error', () => {})
      return {
        status: answer.statusCode,
        headers: { get: (name) => answer.headers[name.toLowerCase()]?.toString() ?? null },
        text: () => startOf(answer.body),
        discard: () => void answer.body.dump({ limit: readBytes }).catch(() => {}),
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw new TypeError('fetch failed', { cause: error })
    }
  }
}

/** The look-up has the time of the connection: a name server that is silent must not hold it up. */
async function judged(
  { rules, lookup }: { rules: EgressRules; lookup: Lookup },
  host: string,
  port: number,
) {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new EgressRefused('the name server took too long', 'ENOTFOUND')),
      connectTimeoutMs,
    )
  })
  try {
    return await Promise.race([resolveAll(rules, host, port, lookup), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Leaving the loop destroys the rest, and with it the connection. */
async function startOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes >= readBytes) break
  }
  return Buffer.concat(chunks).subarray(0, readBytes).toString('utf8')
}
