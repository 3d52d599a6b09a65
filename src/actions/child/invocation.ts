import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import { type ActionError, type ActionVerdict, actionLimits } from '../../contract/actions.ts'
import { cutText, maskSecrets } from '../secret-mask.ts'

/** One run of the handler: what it said and did so far. */
export type Invocation = {
  id: number
  done: boolean
  secrets: readonly string[]
  lines: string[]
  bytes: number
  dropped: number
  verdict: ActionVerdict | undefined
  late: boolean
  cacheWrites: ({ key: string; value: string; expires_at: number } | { key: string })[]
}

/** Says to which run a piece of asynchronous work belongs. */
export const currentInvocation = new AsyncLocalStorage<Invocation>()

const live = new Map<number, Invocation>()

export const beginInvocation = (id: number, secrets: readonly string[]): Invocation => {
  const invocation: Invocation = {
    ...{ id, done: false, secrets, lines: [], bytes: 0, dropped: 0 },
    ...{ verdict: undefined, late: false, cacheWrites: [] },
  }
  live.set(id, invocation)
  return invocation
}

export function endInvocation(invocation: Invocation): void {
  invocation.done = true
  live.delete(invocation.id)
}

/** Whether no run is under way. */
export const isAlone = (): boolean => live.size === 0

/** The start of what a run has written so far; nothing of one that is over. */
export const startOfConsole = (id: number): string =>
  cutText(live.get(id)?.lines.join('\n') ?? '', actionLimits.loggedConsoleLength)

/** The run that work belongs to, or the only one there is. */
export function blamedInvocation(): Invocation | undefined {
  const current = currentInvocation.getStore()
  if (current !== undefined) return current.done ? undefined : current
  return live.size === 1 ? [...live.values()][0] : undefined
}

const room = 300
/** A longer text is cut before it is looked at. */
const longestArgument = actionLimits.consoleBytes

/** Stacks end where the tenant's code was called: the files of this program are nobody's business. */
const withoutOwnFrames = (text: string): string =>
  text.replace(/\n\s+at [^\n]*file:\/\/[^\n]*/g, '')

/** Adds a line of the console; what does not fit is counted. */
export function addLine(invocation: Invocation, line: string): void {
  const masked = maskSecrets(withoutOwnFrames(line), invocation.secrets)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they would cost six bytes each on the pipe
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ')
    .toWellFormed()
  const left = actionLimits.consoleBytes - room - invocation.bytes
  const bytes = Buffer.byteLength(masked) + 1
  if (bytes <= left) {
    invocation.lines.push(masked)
    invocation.bytes += bytes
    return
  }
  // Three bytes a character at most, so a part of it fits for certain.
  const part = invocation.dropped === 0 ? cutText(masked, Math.floor(left / 3)) : ''
  if (part !== '') invocation.lines.push(part)
  invocation.bytes = actionLimits.consoleBytes
  invocation.dropped += 1
}

/** Arguments of the console as one line. Never throws: an argument may be made to. */
export function formatArguments(parts: readonly unknown[]): string {
  return parts
    .map((part) => {
      if (typeof part === 'string') return cutText(part, longestArgument)
      try {
        return cutText(
          inspect(part, { depth: 3, breakLength: Number.POSITIVE_INFINITY, maxStringLength: 2000 }),
          longestArgument,
        )
      } catch {
        return '[unprintable]'
      }
    })
    .join(' ')
}

/** An error of tenant code as the host may see it. Never throws. */
export function describeError(error: unknown, secrets: readonly string[]): ActionError {
  const read = (name: string): string | undefined => {
    try {
      // A thrown value may be anything; each access may throw.
      const value: unknown = (error as Record<string, unknown> | null | undefined)?.[name]
      return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
    } catch {
      return undefined
    }
  }
  const whole = () => {
    try {
      return String(error)
    } catch {
      return ''
    }
  }
  const clean = (text: string, length: number) =>
    cutText(maskSecrets(withoutOwnFrames(cutText(text, 65_536)), secrets), length).toWellFormed()
  const code = read('code')
  const stack = read('stack')
  return {
    name: clean(read('name') ?? 'Error', 100),
    message: clean(read('message') ?? whole(), 2000),
    ...(code !== undefined && { code: clean(code, 100) }),
    ...(stack !== undefined && { stack: clean(stack, 4000) }),
  }
}
