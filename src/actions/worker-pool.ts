import { setTimeout as sleep } from 'node:timers/promises'
import { type ActionResult, actionLimits } from '../contract/actions.ts'
import { ActionCache } from './action-cache.ts'
import type { ActionCall, ActionProgram, ActionRunner } from './action-runner.ts'
import { CodeCaches } from './code-caches.ts'
import { TenantLimits } from './tenant-limits.ts'
import { Turns } from './turns.ts'
import { bind, type GroupHost, notStarted, platformFailure, WorkerGroup } from './worker-group.ts'
import { failedResult } from './worker-replies.ts'
import type { WorkerSource } from './worker-source.ts'

export type WorkerPoolOptions = {
  source: WorkerSource
  /** Runs of one tenant at once and within a minute. */
  parallel: number
  perMinute: number
  /** Processes of this node at most. */
  workers: number
  /** How long processes without work are kept. */
  idleMs: number
}

/** Which process a call goes to, how many there are, and who waits. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #groups = new Map<string, WorkerGroup>()
  readonly #tenants: TenantLimits
  readonly #cache = new ActionCache()
  readonly #checks = new Turns({ parallel: 2, waiting: 40 })
  readonly #running = new Set<Promise<unknown>>()
  readonly #host: GroupHost
  readonly #sweeping: NodeJS.Timeout
  /** A group found no place for a process. */
  #crowded = false
  #closed = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
    this.#tenants = new TenantLimits(options)
    this.#host = {
      takeWorker: (program) => this.#takeWorker(program),
      enter: (tenantId) => this.#tenants.enter(tenantId),
      leave: (tenantId) => {
        this.#tenants.leave(tenantId)
        for (const group of this.#groups.values()) {
          if (group.program.tenantId === tenantId) group.pump()
        }
      },
      codeCaches: new CodeCaches(64 * 2 ** 20),
      waitMs: 15_000,
    }
    this.#sweeping = setInterval(() => this.#sweep(), Math.min(options.idleMs, 5000)).unref()
  }

  /** Never rejects. */
  async run(program: ActionProgram, call: ActionCall): Promise<ActionResult> {
    if (this.#closed) return notStarted('The server stops.')
    if (!this.#tenants.admit(program.tenantId)) {
      const message = 'The tenant has run too many Actions within this minute.'
      return failedResult('throttled', { name: 'RateLimitError', message })
    }
    const { tenantId, trigger } = program
    const { event, secrets, hidden = [], limitMs = actionLimits.runMs, test = false } = call
    const cache = test ? [] : this.#cache.records(tenantId, trigger)
    const running = this.#groupOf(program).run({ event, secrets, hidden, cache, limitMs })
    this.#running.add(running)
    try {
      const result = await running
      if (!test) this.#cache.write(tenantId, trigger, result.cacheWrites)
      return result
    } catch (error) {
      return platformFailure(error)
    } finally {
      this.#running.delete(running)
      if (this.#crowded) this.#oldestIdle()?.end('another Action needs its place')
    }
  }

  /** Loads a program in a process that is thrown away. Never rejects. */
  async check(program: ActionProgram): ReturnType<ActionRunner['check']> {
    const outcome = await this.#checks
      .take(async () => {
        const bundle = await program.loadBundle()
        const worker = this.#takeWorker(program)
        if (worker === undefined) return undefined
        const loaded = await bind(worker, program, bundle, new CodeCaches(0))
        worker.kill('it was a check')
        return loaded
      })
      .catch((error: unknown) => ({ ok: false as const, error: errorOf(platformFailure(error)) }))
    if (outcome === undefined)
      return { ok: false, error: errorOf(notStarted('No process is free.')) }
    return outcome.ok ? { ok: true } : outcome
  }

  /** Lets runs end within `drainMs` and ends all processes. */
  async close(drainMs: number): Promise<void> {
    this.#closed = true
    clearInterval(this.#sweeping)
    this.#checks.close()
    for (const group of this.#groups.values()) group.close()
    const enough = new AbortController()
    const late = sleep(drainMs, undefined, { signal: enough.signal }).catch(() => {})
    await Promise.race([Promise.allSettled([...this.#running]), late])
    enough.abort()
    await this.#options.source.close()
    this.#groups.clear()
  }

  #groupOf(program: ActionProgram): WorkerGroup {
    const { tenantId, actionId, versionId, digest } = program
    const key = [tenantId, actionId, versionId, digest].join('\n')
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = new WorkerGroup(program, this.#host)
      this.#groups.set(key, group)
    }
    return group
  }

  /** A process; where there are as many as may be, that of the group which waited longest gives way. */
  #takeWorker({ tenantId, actionId }: ActionProgram) {
    const { source, workers } = this.#options
    if (this.#closed) return undefined
    if (source.spares === 0 && source.alive >= workers) {
      this.#crowded = true
      this.#oldestIdle()?.end('another Action needs its place')
      return undefined
    }
    const worker = source.take({ tenantId, actionId })
    void worker.exited.then(() => this.#hasRoom())
    // After the one that somebody waits for.
    setImmediate(() => source.refill(workers - source.alive))
    return worker
  }

  #oldestIdle(): WorkerGroup | undefined {
    let oldest: WorkerGroup | undefined
    for (const group of this.#groups.values()) {
      if (!group.isIdle || !group.hasWorkers) continue
      if (oldest === undefined || group.usedAt < oldest.usedAt) oldest = group
    }
    return oldest
  }

  #hasRoom(): void {
    this.#crowded = false
    if (!this.#closed) for (const group of this.#groups.values()) group.pump()
  }

  #sweep(): void {
    const now = performance.now()
    for (const [key, group] of this.#groups) {
      if (!group.isIdle || now - group.usedAt < this.#options.idleMs) continue
      group.end('it had nothing to do')
      if (group.isForgettable) this.#groups.delete(key)
    }
    this.#tenants.sweep()
  }
}

const errorOf = ({ error }: ActionResult) =>
  error ?? { name: 'PlatformError', message: 'No process could be started.' }
