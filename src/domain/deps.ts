import type { ActionBuilder } from '../actions/action-builder.ts'
import type { ActionRunner } from '../actions/action-runner.ts'
import type { Background } from '../base/background.ts'
import type { Clock } from '../base/clock.ts'
import type { InFlight } from '../base/in-flight.ts'
import type { Logger } from '../base/logger.ts'
import type { Metrics } from '../base/metrics.ts'
import type { Random } from '../base/random.ts'
import type { SecretBox } from '../base/secret-box.ts'
import type { Sequence } from '../base/sequence.ts'
import type { TenantFetch } from '../base/tenant-fetch.ts'
import type { Database } from '../store/db.ts'

/**
 * The capabilities that a use case may need, and nothing else: no services, no state of a request.
 * `app` builds it once; every use case is a function `(deps, tenant, input)`.
 */
export type Deps = {
  db: Database
  clock: Clock
  random: Random
  /** Orders what this process makes within one millisecond. */
  sequence: Sequence
  /** Work that a reply does not wait for. */
  background: Background
  /** The deliveries that this node is working on. */
  deliveries: InFlight
  log: Logger
  metrics: Metrics
  /** Asks what the operator chose: carriers. */
  fetch: typeof fetch
  /** Asks what a tenant chose, within the egress rules. */
  tenantFetch: TenantFetch
  /** Runs tenant code; absent where a tool needs none (the command line, tests). */
  actions?: ActionRunner & ActionBuilder
  secretBox: SecretBox
  /** Names this process as the owner of leases; fresh at each start. */
  nodeId: string
  options: Options
  /** Aborts when the server starts to drain: no new delivery begins after it. */
  draining: AbortSignal
}

/** What the operator decides for all tenants. */
export type Options = {
  production: boolean
  /** A tenant without a phone provider delivers to the inbox. */
  inbox: boolean
  /** Carriers are asked for status callbacks: the public address was given explicitly. */
  callbacks: boolean
  /** Where the Twilio provider calls, no trailing slash. */
  twilioUrl: string
  /** How long a node may work on a message before another takes it over. */
  leaseMs: number
  /** How many deliveries one node runs at once; further messages wait in the table. */
  maxDeliveries: number
  /** Whether a tenant may go back to the legacy phone experience. */
  legacyPhone: 'allow' | 'deny'
}
