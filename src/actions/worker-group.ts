import type { ActionResult } from '../contract/actions.ts'
import { actionHandlers } from '../contract/actions.ts'
import type { ActionProgram } from './action-runner.ts'
import type { CodeCaches } from './code-caches.ts'
import type { ActionWorker } from './worker.ts'
import { failedResult } from './worker-replies.ts'

type WorkerCall = Parameters<ActionWorker['invoke']>[0]

/** What the groups of a node share. */
export type GroupHost = {
  /** A process for the program; undefined while there is no room for one. Throws when none starts. */
  takeWorker(program: ActionProgram): ActionWorker | undefined
  /** Whether a run of the tenant may begin now; `leave` says that it ended. */
  enter(tenantId: string): boolean
  leave(tenantId: string): void
  codeCaches: CodeCaches
  /** How long a run may wait for a process. */
  waitMs: number
}

/** Limits of one program on one node. */
export const groupLimits = { concurrency: 4, workers: 2, queue: 50 } as const
/** So many processes that died within a minute make the program rest for half a minute. */
const breaker = { deaths: 5, withinMs: 60_000, restMs: 30_000 } as const

type Job = {
  call: WorkerCall
  since: number
  timer?: NodeJS.Timeout
  end(result: ActionResult): void
}

/** The processes of one program, and the runs that wait for them. */
export class WorkerGroup {
  readonly program: ActionProgram
  /** When it last had something to do; for who gives way. */
  usedAt = performance.now()
  readonly #host: GroupHost
  readonly #workers = new Set<ActionWorker>()
  readonly #dead = new WeakSet<ActionWorker>()
  readonly #queue: Job[] = []
  #loading = 0
  #deaths: number[] = []
  #restsUntil = 0
  #closed = false

  constructor(program: ActionProgram, host: GroupHost) {
    this.program = program
    this.#host = host
  }

  /** Nothing runs, waits or loads. */
  get isIdle(): boolean {
    const busy = [...this.#workers].some(({ inFlight }) => inFlight > 0)
    return !busy && this.#queue.length === 0 && this.#loading === 0
  }

  get hasWorkers(): boolean {
    return this.#workers.size > 0
  }

  /** Nothing of it is worth keeping. */
  get isForgettable(): boolean {
    return this.isIdle && !this.hasWorkers && performance.now() >= this.#restsUntil
  }

  /** Runs a call, after those that came before it. */
  run(call: WorkerCall): Promise<ActionResult> {
    const since = performance.now()
    this.usedAt = since
    if (this.#closed) return Promise.resolve(notStarted('The server stops.'))
    if (since < this.#restsUntil) {
      return Promise.resolve(
        notStarted('The processes of the Action keep ending. It rests a while.'),
      )
    }
    if (this.#queue.length >= groupLimits.queue) {
      return Promise.resolve(notStarted('Too many runs of the Action are waiting.'))
    }
    return new Promise((end) => {
      this.#queue.push({ call, since, end })
      this.pump()
      const job = this.#queue.find((each) => each.end === end)
      if (job === undefined) return
      job.timer = setTimeout(() => {
        const index = this.#queue.indexOf(job)
        if (index < 0) return
        this.#queue.splice(index, 1)
        end(notStarted('No process for the Action was free in time.'))
      }, this.#host.waitMs)
    })
  }

  /** Hands waiting runs to processes, and has another one started where it is needed. */
  pump(): void {
    while (this.#queue.length > 0) {
      const worker = this.#freeWorker()
      if (worker === undefined || !this.#host.enter(this.program.tenantId)) break
      const job = this.#queue.shift()
      if (job !== undefined) void this.#give(worker, job)
    }
    // One that loads will take its share of those that wait.
    if (this.#queue.length > this.#loading * groupLimits.concurrency) this.#grow()
  }

  /** Ends its processes; for one that is idle, or when the server stops. */
  end(reason: string): void {
    for (const worker of this.#workers) worker.kill(reason)
  }

  /** Takes nothing more: what waits is told so. */
  close(): void {
    this.#closed = true
    this.#failQueue(notStarted('The server stops.'))
  }

  #freeWorker(): ActionWorker | undefined {
    let best: ActionWorker | undefined
    for (const worker of this.#workers) {
      if (worker.recycle) this.#retire(worker)
      else if (worker.inFlight < groupLimits.concurrency) {
        if (best === undefined || worker.inFlight > best.inFlight) best = worker
      }
    }
    return best
  }

  async #give(worker: ActionWorker, { call, since, timer, end }: Job): Promise<void> {
    clearTimeout(timer)
    const waitedMs = performance.now() - since
    // Whoever asked has the limit for all of it: a message's lease does not grow while it waits.
    const limitMs = Math.max(1, call.limitMs - waitedMs)
    const result = await worker.invoke({ ...call, limitMs })
    if (result.ended === 'killed' || result.ended === 'timed_out') this.#died(worker)
    this.usedAt = performance.now()
    const { stats } = result
    end({
      ...result,
      stats: {
        ...stats,
        boot_duration_ms: waitedMs,
        total_request_duration_ms: waitedMs + stats.total_request_duration_ms,
      },
    })
    if (worker.recycle) this.#retire(worker)
    this.#host.leave(this.program.tenantId)
  }

  /** Leaves what it runs to end, gives it nothing more. */
  #retire(worker: ActionWorker): void {
    this.#workers.delete(worker)
    if (worker.inFlight === 0) worker.kill('it is worn')
    else worker.drain()
  }

  #grow(): void {
    if (this.#closed || this.#workers.size + this.#loading >= groupLimits.workers) return
    this.#loading += 1
    void this.#load()
      .catch((error: unknown) => platformFailure(error))
      .then((end) => {
        this.#loading -= 1
        // When there is room again, the host asks anew.
        if (end === 'no room') return
        if (end !== undefined && this.#workers.size === 0) this.#failQueue(end)
        this.pump()
      })
  }

  /** Binds a process; gives why it could not be. */
  async #load(): Promise<ActionResult | 'no room' | undefined> {
    const { program } = this
    const bundle = await program.loadBundle()
    const worker = this.#host.takeWorker(program)
    if (worker === undefined) return 'no room'
    const outcome = await bind(worker, program, bundle, this.#host.codeCaches)
    if (outcome.ok && !this.#closed) {
      this.#workers.add(worker)
      void worker.exited.then(() => this.#workers.delete(worker))
      return undefined
    }
    worker.kill('it is not needed')
    this.#died(worker)
    return outcome.ok ? notStarted('The server stops.') : failedResult('not_started', outcome.error)
  }

  #failQueue(result: ActionResult): void {
    for (const { timer, end } of this.#queue.splice(0)) {
      clearTimeout(timer)
      end(result)
    }
  }

  #died(worker: ActionWorker): void {
    if (this.#closed || this.#dead.has(worker)) return
    this.#dead.add(worker)
    const now = performance.now()
    this.#deaths = [...this.#deaths.filter((at) => now - at < breaker.withinMs), now]
    if (this.#deaths.length < breaker.deaths) return
    this.#deaths = []
    this.#restsUntil = now + breaker.restMs
    this.#failQueue(notStarted('The processes of the Action keep ending. It rests a while.'))
  }
}

/** Loads a program into a fresh process, with the code cache that this very Action left. */
export function bind(
  worker: ActionWorker,
  program: ActionProgram,
  bundle: string,
  codeCaches: CodeCaches,
): ReturnType<ActionWorker['load']> {
  const { tenantId, actionId, digest, trigger, triggerVersion } = program
  const key = [tenantId, actionId, digest].join('\n')
  const cache = codeCaches.get(key)
  worker.onNewCache((made) => codeCaches.set(key, made))
  const handler = actionHandlers[trigger]
  return worker.load({ bundle, handler, trigger, triggerVersion, ...(cache && { cache }) })
}

/** The handler certainly did not run. */
export const notStarted = (message: string): ActionResult =>
  failedResult('not_started', { name: 'PlatformError', message })

/** What went wrong on this side, without more than its kind. */
export const platformFailure = (error: unknown): ActionResult =>
  notStarted(
    `No process for the Action could be started: ${error instanceof Error ? error.message : 'unknown error'}.`,
  )
