import { totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { egressPolicy } from '../base/egress-policy.ts'
import type { Logger } from '../base/logger.ts'
import type { ActionBuilder } from './action-builder.ts'
import type { ActionRunner, IsolationLevel } from './action-runner.ts'
import { createBuilder } from './build.ts'
import { isBelow, launcherFor, measureLauncher } from './isolation.ts'
import { notStarted, platformFailure } from './worker-group.ts'
import { WorkerPool } from './worker-pool.ts'
import { WorkerSource } from './worker-source.ts'

export type ActionsOptions = {
  log: Logger
  /** `host:port` that may be reached although the address is private. */
  allow: readonly string[]
  /** Below it nothing is run; `weak` when absent. */
  requiredLevel?: IsolationLevel
  /** This level and no other; the best of the machine when absent. */
  level?: IsolationLevel
  /** Runs of one tenant within a minute; 600 when absent. */
  perMinute?: number
  /** How long processes without work are kept; 60 s when absent. */
  idleMs?: number
}

export type Actions = ActionRunner &
  ActionBuilder & {
    /** Measures how well this machine keeps code apart; undefined when that is not enough. */
    measure(): Promise<IsolationLevel | undefined>
    /** Undefined until it was measured. */
    isolation(): IsolationLevel | false | undefined
  }

/**
 * The runner and the builder. Nothing is started or read before the first of their functions is used;
 * whoever starts a server asks for the measurement in the background.
 */
export function createActions(options: ActionsOptions): Actions {
  const { log, requiredLevel = 'weak' } = options
  const builder = createBuilder({ log })
  let opening: Promise<WorkerPool | string> | undefined
  let pool: WorkerPool | undefined
  let level: IsolationLevel | false | undefined
  let closed = false

  async function open(): Promise<WorkerPool | string> {
    const launcher =
      options.level === undefined
        ? await measureLauncher(log)
        : await launcherFor(options.level, log)
    const found = launcher?.level
    if (launcher === undefined || found === undefined || isBelow(found, requiredLevel)) {
      level = false
      log.warn(
        { level: found, requiredLevel },
        'Actions are not run: this machine keeps them apart too little',
      )
      return `Actions are not run: the isolation of this machine is ${found ?? 'not there'}, below ${requiredLevel}.`
    }
    level = found
    if (closed) return 'The server stops.'
    const source = new WorkerSource({
      ...{ launcher, log, spares: 2, heapMb: 64 },
      rules: egressPolicy(options.allow),
    })
    pool = new WorkerPool({
      source,
      parallel: 20,
      perMinute: options.perMinute ?? 600,
      workers: mostWorkers(),
      idleMs: options.idleMs ?? 60_000,
    })
    return pool
  }
  const opened = async (): Promise<WorkerPool | string> => {
    if (closed) return 'The server stops.'
    opening ??= open().catch((error: unknown) => {
      level = false
      log.error({ err: error }, 'Actions cannot be run')
      return platformFailure(error).error?.message ?? ''
    })
    return opening
  }

  return {
    get level() {
      return level === false ? undefined : level
    },
    isolation: () => level,
    async measure() {
      await opened()
      return level === false ? undefined : level
    },
    async run(program, call) {
      const runner = pool ?? (await opened())
      return typeof runner === 'string' ? notStarted(runner) : runner.run(program, call)
    },
    async check(program) {
      const runner = pool ?? (await opened())
      if (typeof runner !== 'string') return runner.check(program)
      return { ok: false, error: { name: 'PlatformError', message: runner } }
    },
    build: (source) => builder.build(source),
    async close(drainMs) {
      closed = true
      builder.close()
      // A measurement under way cleans up behind itself; whoever stops the server hardly waits for it.
      await Promise.race([opening, sleep(1000, undefined, { ref: false })])
      await pool?.close(drainMs)
    },
  }
}

/** A process may come to 256 MB and usually has 30: a quarter of the memory, counted by what is usual. */
const mostWorkers = (): number =>
  Math.max(8, Math.min(64, Math.floor(totalmem() / 4 / (40 * 2 ** 20))))
