import pino from 'pino'
import type { Logger } from '../base/logger.ts'

/**
 * JSON lines, on standard output unless told otherwise. Errors are reduced to what tells a developer where to look: a
 * database error may quote the row it refused, and a row may hold a number.
 */
export const createLogger = (level: string, fileDescriptor = 1): Logger =>
  pino(
    { level, base: { pid: process.pid }, serializers: { err: describeError } },
    // Nothing is lost when the process ends right after a line.
    pino.destination({ fd: fileDescriptor, sync: true }),
  )

/** Runs of six and more digits may be a number or a code; nothing else has as many in a message. */
const mask = (text: string) => text.replace(/\d{6,}/g, (digits) => 'X'.repeat(digits.length))

function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: mask(String(error)) }
  const { code, constraint } = error as { code?: unknown; constraint?: unknown }
  return {
    type: error.name,
    message: mask(error.message),
    ...(typeof code === 'string' && { code }),
    ...(typeof constraint === 'string' && { constraint }),
    stack: mask(error.stack ?? ''),
    ...(error.cause !== undefined && { cause: describeError(error.cause) }),
  }
}
