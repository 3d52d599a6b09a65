import type { Delivery, FailureCause } from './phone-provider.ts'
import table from './twilio-errors.json' with { type: 'json' }

/**
 * What an error of Twilio calls for: `R` retry, `P` permanent for this message, `C` permanent until the
 * configuration changes, `F` fraud or policy block (permanent, and no other sender is tried), `I`
 * nothing, because it is not about what was sent.
 */
export type TwilioErrorClass = 'R' | 'P' | 'C' | 'F' | 'I'

/** A row of `twilio-errors.json`, in our own words. */
export type TwilioError = {
  class: TwilioErrorClass
  /** What happened, one sentence. */
  title: string
  /** What the administrator can do, one sentence. */
  hint: string
  /** With class `R`: at most this many tries in all, because Twilio may have taken the message. */
  maxAttempts?: number
  /** Worth the same call again at once, without asking for status reports. */
  withoutCallback?: boolean
}

/**
 * The known codes. A file of data, because Twilio splits codes and adds new ones.
 * Source: Twilio's error and warning dictionary; meanings checked against a copy of November 2022.
 */
export const twilioErrors: ReadonlyMap<string, TwilioError> = new Map(
  Object.entries(table as Record<string, TwilioError>), // the test checks every row of the file
)

/** A refusal as it came from Twilio. */
export type TwilioRefusal = {
  /** HTTP status, 300 and up. */
  status: number
  /** `code` of the body. */
  code?: string
  /** `message` of the body; may quote the recipient. */
  message?: string
  /** `Retry-After`, as it came. */
  retryAfter?: string
}

/**
 * Judges a refusal by Twilio's code, or by the HTTP status where the code is unknown or missing.
 *
 * `secrets` are removed from what Twilio said, and long numbers masked.
 */
export function readTwilioRefusal(
  refusal: TwilioRefusal,
  { now, secrets }: { now: number; secrets: readonly string[] },
): Exclude<Delivery, { outcome: 'accepted' }> {
  const code = refusal.code ?? `http_${refusal.status}`
  const known = twilioErrors.get(code)
  const byStatus = twilioErrors.get(codeOfStatus(refusal.status))
  const error = known ?? byStatus ?? unknownError(code)
  const told = {
    cause: cause(code, error),
    providerError: {
      code,
      message: known?.title ?? (maskSecrets(refusal.message ?? '', secrets) || error.title),
    },
  }
  if (error.class !== 'R') return { outcome: 'permanent', ...told }
  const retryAfterS = readRetryAfter(refusal.retryAfter, now)
  return {
    outcome: 'retry',
    ...told,
    ...(retryAfterS !== undefined && { retryAfterS }),
    ...(error.maxAttempts !== undefined && { maxAttempts: error.maxAttempts }),
  }
}

/** The cause that an `ErrorCode` of a status callback stands for, with its class. */
export function readTwilioErrorCode(code: string): {
  class: TwilioErrorClass
  cause: FailureCause
} {
  const error = twilioErrors.get(code) ?? unknownError(code)
  return { class: error.class, cause: cause(code, error) }
}

const cause = (code: string, { title, hint }: TwilioError): FailureCause => ({
  code: `twilio_${code}`,
  text: title,
  hint,
})

const unknownError = (code: string): TwilioError => ({
  class: 'P',
  title: 'Twilio did not deliver the message.',
  hint: /^[0-9]+$/.test(code)
    ? `See https://www.twilio.com/docs/api/errors/${code}.`
    : 'See the error log in the Twilio console.',
})

/** The code that says what a bare status says. */
function codeOfStatus(status: number): string {
  if (status === 401) return '20003'
  if (status === 403) return '20403'
  if (status === 404) return '20404'
  if (status === 429) return '20429'
  if (status === 503) return '20503'
  return status >= 500 ? '20500' : ''
}

/** Seconds from a number of seconds or an HTTP date; undefined for anything else. */
function readRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  if (/^[0-9]{1,6}$/.test(value)) return Number(value)
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000))
}

const longestMessage = 200

/** Numbers keep their last four digits, however they are spelled; the secrets go wholly. */
function maskSecrets(text: string, secrets: readonly string[]): string {
  let masked = text
  for (const secret of secrets) if (secret !== '') masked = masked.replaceAll(secret, 'X')
  return masked
    .replace(
      /\d(?:[ ().-]{0,3}\d){4,}/g,
      (number) => number.slice(0, -4).replace(/\d/g, 'X') + number.slice(-4),
    )
    .slice(0, longestMessage)
}
