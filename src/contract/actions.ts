/** The words of Actions: triggers, limits and how a run ends. Source: Auth0's Actions and SDK types. */

export const actionTriggers = ['custom-phone-provider', 'send-phone-message'] as const
export type ActionTrigger = (typeof actionTriggers)[number]

/** What a trigger calls, and with what. */
export const actionHandlers: Readonly<Record<ActionTrigger, string>> = {
  'custom-phone-provider': 'onExecuteCustomPhoneProvider',
  'send-phone-message': 'onExecuteSendPhoneMessage',
}

/** Limits of one Action, as documented by Auth0. */
export const actionLimits = {
  codeBytes: 102_400,
  dependencies: 10,
  secrets: 30,
  secretNameLength: 128,
  secretValueLength: 4096,
  perTenant: 100,
  versions: 50,
  runMs: 20_000,
  reasonLength: 1024,
  consoleBytes: 262_144,
  loggedConsoleLength: 256,
} as const

/** What the code said about the notification; the last call wins. */
export type ActionVerdict = { type: 'drop' | 'retry'; reason: string }

/** An error of tenant code, cut: name 100, message 2,000, stack 4,000 characters. Secrets are masked. */
export type ActionError = { name: string; message: string; code?: string; stack?: string }

/** One record of `api.cache`. `expires_at` in epoch milliseconds. */
export type ActionCacheRecord = { key: string; value: string; expires_at: number }

/** How one run ended. Never thrown: an end is a value. */
export type ActionResult = {
  /**
   * `returned` and `threw`: the handler settled. `timed_out`: the limit passed. `killed`: the process
   * died (memory, a crash, somebody's signal) while the handler ran. `not_started`: the handler
   * certainly did not run (no process, the module did not load). `throttled`: the tenant has too many
   * runs going.
   */
  ended: 'returned' | 'threw' | 'timed_out' | 'killed' | 'not_started' | 'throttled'
  verdict?: ActionVerdict
  error?: ActionError
  /** Console output, one line each, at most 256 kB, secrets masked. */
  logs: string
  /** Writes of `api.cache`, in order; a deletion has no `value`. */
  cacheWrites: readonly (ActionCacheRecord | { key: string })[]
  stats: {
    /** The handler alone. */
    action_duration_ms: number
    /** Getting a process that has the code loaded. */
    boot_duration_ms: number
    /** Connections to elsewhere, from opening to closing, overlaps counted once. */
    network_duration_ms: number
    total_request_duration_ms: number
  }
}
