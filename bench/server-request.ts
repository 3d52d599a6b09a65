/** What the benchmark asks of a server process, as JSON in its first argument. */
export type ServerRequest = {
  databaseUrl: string
  carrierPort: number
  /** Base64 of 32 bytes; the same for every server of a database. */
  masterKey: string
  /** Keeps what it sends to PostgreSQL, for the ceiling. */
  record: boolean
  /** How messages reach the carrier: by the built-in provider, or by an Action that calls it. */
  provider: 'twilio' | 'custom'
}

/** The clients that the tenant has, by the signature of their ID tokens. */
export const clientIds = { RS256: 'bench-rs256', ES256: 'bench-es256' } as const

/** Where a login on the pages ends; nobody is there. */
export const benchCallback = 'https://app.example.test/callback'
