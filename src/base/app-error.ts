import type { ErrorCode } from './error-codes.ts'

/** What a refusal may carry besides its code. */
export type AppErrorDetails = {
  /** Replaces the text of the surface's table; told to the caller, so never a secret or a number. */
  message?: string
  /** Seconds until the request may be tried again; becomes `retry-after`. */
  retryAfterS?: number
  /** Rate-limit headers of the tightest bucket. */
  rateLimit?: RateLimit
  /** Further members of the body. */
  members?: Readonly<Record<string, unknown>>
  /** For the log only, never on the wire. */
  cause?: unknown
}

/** The tightest bucket of a limited request, as `x-ratelimit-*` tells it. */
export type RateLimit = {
  limit: number
  remaining: number
  /** Epoch seconds at which the bucket is full again. */
  resetS: number
}

/**
 * Ends a request with an expected refusal. Each HTTP surface has one table that turns the code into
 * its status and body; an error of any other class is a bug: 500, logged, nothing told.
 */
export class AppError extends Error {
  override name = 'AppError'
  readonly code: ErrorCode
  readonly details: AppErrorDetails

  constructor(code: ErrorCode, details: AppErrorDetails = {}) {
    super(details.message ?? code, { cause: details.cause })
    this.code = code
    this.details = details
  }
}
