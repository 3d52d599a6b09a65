/**
 * True when PostgreSQL refused a statement because a unique index holds the value already. Both
 * drivers report the code.
 *
 * @param constraint only a violation of this index or constraint counts
 */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== '23505') return false
  return constraint === undefined || ('constraint' in error && error.constraint === constraint)
}
