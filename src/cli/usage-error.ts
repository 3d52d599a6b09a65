/** The command line is not one of those in the usage text. */
export class UsageError extends Error {
  override name = 'UsageError'
}
