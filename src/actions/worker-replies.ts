/**
 * What a worker said, made harmless: known fields are copied, texts and lists are cut, and nothing of
 * the parsed value itself goes on.
 */
import {
  type ActionCacheRecord,
  type ActionError,
  type ActionResult,
  type ActionVerdict,
  actionLimits,
} from '../contract/actions.ts'
import { ProtocolViolation } from './protocol.ts'
import { cutText, maskSecrets } from './secret-mask.ts'

/** The end of a call, and whether the process should be replaced after it. */
export type WorkerResult = { result: ActionResult; worn: boolean }

type Fields = Readonly<Record<string, unknown>>

const mostCacheWrites = 50
const cacheKeyBytes = 64
const cacheValueBytes = 4096
/** A day. */
const longestCacheMs = 86_400_000

/** @throws ProtocolViolation */
export function readJson(payload: Buffer): Fields {
  try {
    const value: unknown = JSON.parse(payload.toString('utf8'))
    if (isFields(value)) return value
  } catch {
    // The same as an answer that is no object.
  }
  throw new ProtocolViolation('a reply that is no object')
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What came of loading. */
export function readLoaded(
  reply: Fields,
): { ok: true; bootMs: number } | { ok: false; error: ActionError } {
  if (reply.ok === true) return { ok: true, bootMs: 0 }
  return { ok: false, error: readError(reply.error) ?? { name: 'Error', message: 'unknown' } }
}

/**
 * What came of a call. The worker masks what it says; a spoilt one may not, so it is done again.
 *
 * @param values what no text may hold
 */
export function readResult(reply: Fields, values: readonly string[]): WorkerResult {
  const ended = reply.ended === 'returned' ? 'returned' : 'threw'
  const verdict = readVerdict(reply.verdict, values)
  const error = ended === 'threw' ? (readError(reply.error, values) ?? unknownError) : undefined
  return {
    result: {
      ...failedResult(ended, error),
      ...(verdict && { verdict }),
      logs: cutBytes(maskSecrets(readText(reply.logs), values), actionLimits.consoleBytes),
      cacheWrites: readCacheWrites(reply.cacheWrites),
      stats: { ...noStats, action_duration_ms: readDuration(reply.durationMs) },
    },
    worn: reply.worn !== false,
  }
}

/** The start of a console that is still being written; a process that tells none has none. */
export const readConsole = (reply: Fields, values: readonly string[]): string =>
  clean(reply.logs, actionLimits.loggedConsoleLength, values)

/** The end of a call about which the worker said nothing. */
export function failedResult(
  ended: ActionResult['ended'],
  error: ActionError | undefined,
): ActionResult {
  return { ended, ...(error && { error }), logs: '', cacheWrites: [], stats: noStats }
}

/** An error of ours, not of the tenant's code. */
export const platformError = (message: string): ActionError => ({ name: 'PlatformError', message })

/** A program that certainly does not run. */
export const failedLoad = (message: string): { ok: false; error: ActionError } => ({
  ok: false,
  error: platformError(message),
})

const unknownError: ActionError = { name: 'Error', message: '' }

const noStats: ActionResult['stats'] = {
  action_duration_ms: 0,
  boot_duration_ms: 0,
  network_duration_ms: 0,
  total_request_duration_ms: 0,
}

function readVerdict(value: unknown, values: readonly string[]): ActionVerdict | undefined {
  if (!isFields(value) || (value.type !== 'drop' && value.type !== 'retry')) return undefined
  return { type: value.type, reason: clean(value.reason, actionLimits.reasonLength, values) }
}

function readError(value: unknown, values: readonly string[] = []): ActionError | undefined {
  if (!isFields(value)) return undefined
  const { code, stack } = value
  return {
    name: clean(value.name, 100, values),
    message: clean(value.message, 2000, values),
    ...(typeof code === 'string' && { code: clean(code, 100, values) }),
    ...(typeof stack === 'string' && { stack: clean(stack, 4000, values) }),
  }
}

const clean = (value: unknown, length: number, values: readonly string[]): string =>
  cutText(maskSecrets(readText(value), values), length).toWellFormed()

function readCacheWrites(value: unknown): (ActionCacheRecord | { key: string })[] {
  if (!Array.isArray(value)) return []
  const latest = Date.now() + longestCacheMs
  return value.slice(0, mostCacheWrites).flatMap((each: unknown) => {
    if (!isFields(each) || typeof each.key !== 'string') return []
    const { key, value: text, expires_at: expiry } = each
    if (Buffer.byteLength(key) > cacheKeyBytes) return []
    if (text === undefined) return [{ key }]
    if (typeof text !== 'string' || Buffer.byteLength(text) > cacheValueBytes) return []
    if (typeof expiry !== 'number' || !Number.isSafeInteger(expiry)) return []
    return [{ key, value: text, expires_at: Math.min(expiry, latest) }]
  })
}

const readText = (value: unknown): string => (typeof value === 'string' ? value : '')

const readDuration = (value: unknown): number =>
  typeof value === 'number' && value >= 0 && Number.isFinite(value) ? value : 0

function cutBytes(text: string, bytes: number): string {
  const encoded = Buffer.from(text)
  if (encoded.length <= bytes) return text.toWellFormed()
  let end = bytes
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return encoded.subarray(0, end).toString('utf8')
}
