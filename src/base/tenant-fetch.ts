/**
 * Asks an address that a tenant chose. Only what the egress rules let pass is reached, redirects are not
 * followed, and at most 64 KiB of an answer are read.
 *
 * Rejects with the signal's reason when it was aborted, else with `TypeError('fetch failed')` whose cause
 * says why: `EgressRefused` for a forbidden address, a system error for a connection that failed.
 */
export type TenantFetch = (url: string, request: TenantRequest) => Promise<TenantReply>

export type TenantRequest = {
  method: 'GET' | 'POST'
  headers: Readonly<Record<string, string>>
  body?: string
  /** Ends the request and the reading of its answer. */
  signal: AbortSignal
}

/** Either `text` or `discard` is to be called, or the connection waits for the signal. */
export type TenantReply = {
  status: number
  headers: { get(name: string): string | null }
  /** The start of the body. Rejects when the connection breaks. */
  text(): Promise<string>
  /** Takes no interest in the body. */
  discard(): void
}
