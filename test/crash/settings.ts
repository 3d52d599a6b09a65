/** The moments at which a process may die between taking a request and knowing the carrier's answer. */
export const crashSteps = [
  'before-stored',
  'stored',
  'before-carrier',
  'carrier-asked',
  'carrier-answered',
  'before-recorded',
  'recorded',
] as const
export type CrashStep = (typeof crashSteps)[number]

/** What a process of the crash test is told. */
export type NodeSettings = {
  databaseUrl: string
  /** base64 */
  masterKey: string
  twilioUrl: string
  leaseMs: number
  dieAt?: CrashStep
}
