import type { Logger } from '../base/logger.ts'
import type { ActionCacheRecord, ActionError, ActionTrigger } from '../contract/actions.ts'
import type { EgressBroker } from './egress-broker.ts'
import type { FrameType } from './protocol.ts'

/** Whom a process works for; known when it is bound. */
export type WorkerSubject = { tenantId: string; actionId: string }

export type WorkerOptions = {
  /** Makes the one broker of this process. `violate` ends the process. */
  broker(
    send: (type: FrameType, id: number, payload: Uint8Array) => void,
    violate: (reason: string) => void,
  ): EgressBroker
  log: Logger
  /** Read when something is told of the process; a spare one has none yet. */
  subject: WorkerSubject
  /** What a module may take to load; 5 s when absent. */
  loadMs?: number
}

export type WorkerProgram = {
  bundle: string
  /** As a process with this very code made it, on this node. */
  cache?: Buffer
  handler: string
  trigger: ActionTrigger
  triggerVersion: string
}

export type WorkerCall = {
  event: Record<string, unknown>
  secrets: Readonly<Record<string, string>>
  /** Values besides the secrets that no text of the run may hold. */
  hidden?: readonly string[]
  cache: readonly ActionCacheRecord[]
  limitMs: number
}

export type LoadOutcome = { ok: true; bootMs: number } | { ok: false; error: ActionError }

export const workerLimits = {
  /** How long a process may take to come up, to load, and to answer that it is alive. */
  ...{ startMs: 15_000, loadMs: 5000, pingMs: 250 },
  /** How long it may run on after its first call to make its code cache. */
  cacheMs: 500,
  /** A run that takes longer is asked for a sign of life, which a busy one does not give. */
  busyMs: 100,
  /** So it is again after each one that it gave. */
  checkMs: 1000,
  /** It stands still this long after its last call. */
  idleMs: 25,
  /** A process that did this much, or is this old, gives way to a fresh one. */
  ...{ calls: 10_000, ageMs: 3_600_000 },
  /** More frames than these since the last call began are no honest code's. */
  ...{ controlFrames: 20_000, strayResults: 100 },
} as const
