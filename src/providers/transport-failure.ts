import type { Delivery, FailureCause } from './phone-provider.ts'

/**
 * Judges why `fetch` failed: retry when the request certainly never left, unknown otherwise, because
 * a carrier without idempotency keys would send the message twice.
 *
 * Source of the codes: Node's system errors and undici's error classes.
 */
export function readTransportFailure(
  error: unknown,
  carrier: string,
): Exclude<Delivery, { outcome: 'accepted' }> {
  const { code, syscall, message } = readError(error instanceof Error ? error.cause : undefined)
  const kind = notSent(code, syscall, message)
  if (kind === undefined) {
    return {
      outcome: 'unknown',
      cause: {
        code: 'result_unknown',
        text: `The connection to ${carrier} broke or timed out before the answer; the message may have been taken.`,
        hint: `Look for the message in the logs of ${carrier} before anything is sent again.`,
      },
    }
  }
  const [text, hint] = words[kind]
  const cause: FailureCause = { code: kind, text: text.replace('{carrier}', carrier), hint }
  return { outcome: 'retry', cause }
}

const words = {
  connection_refused: [
    '{carrier} refused the connection.',
    'See the status page of the carrier, and the firewall of this server.',
  ],
  name_not_resolved: [
    'The host name of {carrier} could not be resolved.',
    'Check the name servers of this server.',
  ],
  connect_timeout: [
    'No connection to {carrier} within the time.',
    'Check that the firewall of this server lets outgoing requests pass.',
  ],
  network_unreachable: [
    'The network of {carrier} cannot be reached.',
    'Check the network of this server.',
  ],
  tls_failed: [
    'No trusted connection to {carrier} could be made.',
    'Check the clock and the certificates of this server, and proxies in between.',
  ],
} as const

type Kind = keyof typeof words

const kinds: Readonly<Record<string, Kind>> = {
  ECONNREFUSED: 'connection_refused',
  ENOTFOUND: 'name_not_resolved',
  EAI_AGAIN: 'name_not_resolved',
  EAI_FAIL: 'name_not_resolved',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  EHOSTUNREACH: 'network_unreachable',
  ENETUNREACH: 'network_unreachable',
  ENETDOWN: 'network_unreachable',
  EADDRNOTAVAIL: 'network_unreachable',
  EPROTO: 'tls_failed',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_failed',
  SELF_SIGNED_CERT_IN_CHAIN: 'tls_failed',
  UNABLE_TO_GET_ISSUER_CERT: 'tls_failed',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_failed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_failed',
}

/** Why the request never left; undefined when it may have. */
function notSent(code: string, syscall: string, message: string): Kind | undefined {
  // The same codes can end an open connection.
  if (syscall === 'read' || syscall === 'write') return undefined
  const kind = kinds[code]
  if (kind !== undefined) return kind
  if (/^(?:ERR_TLS_|ERR_SSL_|CERT_)/.test(code)) return 'tls_failed'
  if (/before secure TLS connection/.test(message)) return 'tls_failed'
  if (syscall === 'connect') return code === 'ETIMEDOUT' ? 'connect_timeout' : 'network_unreachable'
  return undefined
}

function readError(cause: unknown): { code: string; syscall: string; message: string } {
  // A host with several addresses: each refused, so the first speaks for all.
  if (cause instanceof AggregateError && cause.errors.length > 0) return readError(cause.errors[0])
  if (!(cause instanceof Error)) return { code: '', syscall: '', message: '' }
  const { code, syscall } = cause as NodeJS.ErrnoException // both optional; undici sets `code`
  return { code: code ?? '', syscall: syscall ?? '', message: cause.message }
}
